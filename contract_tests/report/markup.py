"""HTML as a tree of elements. All text is escaped, so that a server's text cannot insert markup."""

import xml.etree.ElementTree as ET

from contract_tests.report.words import plain

Part = ET.Element | str


def element(tag: str, *parts: Part, **attributes: str) -> ET.Element:
    """Returns an element with texts and elements in it.

    Texts and the values of attributes go through `plain`. In the name of an attribute, `_` stands for `-`. A
    `_` at the end is removed, so that a name can be a keyword of Python (`class_`).
    """
    made = ET.Element(
        tag, {name.rstrip("_").replace("_", "-"): plain(text) for name, text in attributes.items()}
    )
    for part in parts:
        if not isinstance(part, str):
            made.append(part)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + plain(part)
        else:
            made.text = (made.text or "") + plain(part)
    return made


def prose(text: str) -> list[Part]:
    """Returns the parts of one of the kit's own sentences; text between backticks becomes `code`."""
    parts = text.split("`")
    return [element("code", part) if n % 2 else part for n, part in enumerate(parts)]


def styled(style: str) -> ET.Element:
    """Returns a style element. The style sheet is not escaped, so it must not contain `</`."""
    assert "</" not in style, "a style sheet has no end tags"
    made = ET.Element("style")
    made.text = style
    return made


def page_with(root: ET.Element) -> str:
    """Returns the whole page as HTML."""
    return "<!DOCTYPE html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"
