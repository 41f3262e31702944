"""Correct servers of reports that strangers could have written, from the documentation of reports.

Each is a class. `Reporting` is the plain one; the docstring of a subclass names every difference from its
parent. Nothing here imports the mock or the kit.
"""
