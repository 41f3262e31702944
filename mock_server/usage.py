"""Says in plain words what is wrong with an option, and which variable it came from."""

import re
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from contract_tests.quoting import quoted
from mock_server.errors import InputError

_BOUNDS = re.compile(r"(?:(\S+?)(<=?))?x(?:(<=?|>=?)(\S+?))?\.?")


def usage_problem(error: click.UsageError) -> str:
    """Returns the message of a usage error in plain words, with the variable that has the wrong value."""
    message = error.format_message()
    for pattern, tell in _MESSAGES:
        message = pattern.sub(tell, message)
    if not isinstance(error, click.BadParameter) or error.param is None or error.ctx is None:
        return message
    variable = _variable_of(error.param, error.ctx)
    return message if variable is None else f"{variable}: {message}"


class Configured(click.Command):
    """A command whose options may come from variables; an error of such a value names the variable."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. Raises InputError."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            option, _, problem = str(error).partition(": ")
            for param in self.params:
                variable = _variable_of(param, ctx) if option in param.opts else None
                if variable is not None:
                    raise InputError(f"{variable}: {option}", problem) from None
            raise


def _variable_of(param: click.Parameter, ctx: click.Context) -> str | None:
    """Returns the name of the environment variable that an option was read from; None for other sources."""
    if param.name is None or ctx.get_parameter_source(param.name) is not ParameterSource.ENVIRONMENT:
        return None
    if isinstance(param.envvar, str):
        return param.envvar
    # As click derives it from `auto_envvar_prefix`.
    return f"{ctx.auto_envvar_prefix}_{param.name.upper()}"


def _range(match: re.Match[str]) -> str:
    bounds = _BOUNDS.fullmatch(match[1])
    if bounds is None:
        return match[0]
    low, _, sign, high = bounds.groups()
    if low is not None and high is not None:
        return f"is not between {low} and {high}"
    if low is not None or sign.startswith(">"):
        return f"is less than {low or high}"
    return f"is more than {high}"


def _extra(match: re.Match[str]) -> str:
    words = match[2].split()
    noun, verb = ("argument", "has") if len(words) == 1 else ("arguments", "have")
    return f"the {noun} {quoted(' '.join(words))} {verb} no meaning here; --help lists the options"


_MESSAGES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"is not a valid integer(?: range)?\."), "is not a whole number"),
    (re.compile(r"is not a valid float(?: range)?\."), "is not a number"),
    (re.compile(r"is not a valid boolean\. Recognized values: .*"), "is neither true nor false"),
    (re.compile(r"Got unexpected extra (arguments?) \((.*)\)", re.DOTALL), _extra),
    (re.compile(r"is not in the range (\S+)\."), _range),
)
"""How click words a problem, and how this project does."""
