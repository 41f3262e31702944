"""Correct servers that strangers could have written: small, unlike the mock, and true to the pages.

Each is a class. `Stranger` is the plain one, with all of revision 2026-02; the docstring of a subclass names
every difference from its parent. Nothing here imports the mock or the kit.
"""
