"""Values in quotation marks, as messages show them."""


def quoted(value: object) -> str:
    r"""Writes a value as Python does, but a backslash as one: `'C:\sites'` and not `'C:\\sites'`.

    In a text with a character that cannot be printed, backslashes are doubled, because such a character is
    written with a backslash.
    """
    written = repr(value)
    return written.replace("\\\\", "\\") if isinstance(value, str) and value.isprintable() else written
