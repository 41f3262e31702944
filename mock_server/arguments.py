"""The types and the options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mock_server.instants import instant_of
from mock_server.options import DEFAULT_SEED

_T = TypeVar("_T")
FILE = click.Path(path_type=Path)
"""The type of a file or folder, whether it exists or not."""


class Read(click.ParamType[_T]):
    """An option type that converts text by a function, and reports its ValueError as a usage error."""

    def __init__(self, name: str, read: Callable[[str], _T]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> _T:
        """Returns the value of a text."""
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


INSTANT = Read("ISO", instant_of)
"""The type of an instant in ms since the epoch."""
seed_option = click.option(
    "--seed",
    default=DEFAULT_SEED,
    show_default=True,
    help="Seed of the random numbers; another seed gives other visitors.",
)
sites_option = click.option(
    "--sites",
    "site_folders",
    multiple=True,
    type=FILE,
    envvar="DATAFAST_MOCK_SITES",
    help="Folder with further site files. Repeatable.",
)
