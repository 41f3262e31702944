"""HTML as a tree. Text becomes text and nothing else, whoever wrote it: there is no way to insert markup."""

import xml.etree.ElementTree as ET

from contract_tests.report.words import plain

Part = ET.Element | str


def element(tag: str, *parts: Part, **attributes: str) -> ET.Element:
    """An element with text and elements in it.

    Texts and values are made `plain`. In names of attributes `_` stands for `-`; one at the end is left out,
    for names that are Python's (`class_`).
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
    """A sentence of our own, in which what stands between backticks is code."""
    parts = text.split("`")
    return [element("code", part) if n % 2 else part for n, part in enumerate(parts)]


def styled(style: str) -> ET.Element:
    """A style sheet of our own; HTML escapes nothing in it, so it may not end itself."""
    assert "</" not in style, "a style sheet has no end tags"
    made = ET.Element("style")
    made.text = style
    return made


def page_with(root: ET.Element) -> str:
    """The whole page as HTML."""
    return "<!DOCTYPE html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"
