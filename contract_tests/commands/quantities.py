"""Quantities in the options of `verify`: durations such as `500ms`, and rates such as `60/min`."""

from contextlib import suppress
from math import isnan
from typing import Any

import click

from contract_tests.durations import SECOND, milliseconds_of, rate_of
from contract_tests.quoting import quoted


def seconds_of(text: str) -> float | None:
    """Reads a duration such as `30s`, `500ms` or `1m`, or a number of seconds; None for another text."""
    try:
        milliseconds = milliseconds_of(text, bare=SECOND)
    except ValueError:
        return None
    return milliseconds / SECOND if milliseconds >= 0 else None


class Numbers(click.FloatRange):
    """A range of numbers that refuses `nan`, which click's own range accepts."""

    form = "a number"
    """What is expected, as a noun phrase for messages."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the number in a text. Fails for `nan`, and for a number outside of the range."""
        try:
            float(value)
        except ValueError:
            self.fail(f"{quoted(value)} is not {self.form}", param, ctx)
        number = super().convert(value, param, ctx)
        if isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


class Seconds(Numbers):
    """A range of durations in seconds, which may be written with a unit."""

    form = "a number of seconds or a duration, such as 500ms"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the seconds in a text. Fails for another text, and outside of the range."""
        seconds = seconds_of(value) if isinstance(value, str) else None
        return super().convert(value if seconds is None else seconds, param, ctx)


class Rate(Numbers):
    """A range of rates in requests a second, which may be written as `60/min`, `5/10s` or `1000/h`."""

    form = "a number of requests a second or a rate, such as 60/min"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the requests a second in a text. Fails for another text, and outside of the range."""
        with suppress(ValueError, ZeroDivisionError):
            count, time = rate_of(str(value))
            value = count / time * SECOND
        return super().convert(value, param, ctx)
