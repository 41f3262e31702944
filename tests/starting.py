"""What tests start the command with, and the paths that they then request."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx2
import pytest

from mock_server.world.site_files import SITES
from tests.command import banner_of, started
from tests.credentials import bearer
from tests.instants import INSTANT

API = "/api/v1"
REALTIME = f"{API}/analytics/realtime"
MAP = f"{REALTIME}/map"
OVERVIEW = f"{API}/analytics/overview"
FROZEN = ("--now", INSTANT, "--freeze")
QUIET_ID = "665f0b3c4d2e1a0000000001"
QUIET = (SITES / "quiet.yaml").read_text(encoding="utf-8")
OWN_SITES = {"nook": "aaaaaaaaaaaaaaaaaaaaaaaa", "cranny": "bbbbbbbbbbbbbbbbbbbbbbbb"}
OWN_DOCUMENT = """
openapi: 3.1.0
info: {title: Our own, version: "1"}
servers: [{url: "https://own.example/api/v1"}]
paths:
  x-note: What begins with x- may be anywhere.
  /goals:
    get:
      operationId: listGoals
      responses:
        x-note: Here too.
        "200": {description: Goals., content: {application/json: {example: {data: [signup]}}}}
"""
ANOTHER_DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Another", "version": "1"},
    "paths": {
        "/teams": {"post": {"operationId": "makeTeam", "responses": {"204": {"description": "Made."}}}}
    },
}


class Mock(NamedTuple):
    """A started command: the lines it printed and a client of its address."""

    banner: list[str]
    client: httpx2.Client

    def get(self, path: str, token: str = "df_test") -> httpx2.Response:
        """Returns the answer to a request with a token."""
        return self.client.get(path, headers=bearer(token))

    def world(self) -> Any:
        """Returns the answer of `/__mock/health`, which describes the world."""
        return self.client.get("/__mock/health").json()


class Given(NamedTuple):
    """A choice of options: its arguments for the command line, and its environment variables."""

    options: list[str]
    environment: Mapping[str, str]


def by_options(chosen: Mapping[str, Sequence[str]]) -> Given:
    """Returns `--name value` for each value of each option, and `--name` for an option without values."""
    words = [
        word
        for name, values in chosen.items()
        for value in values or [""]
        for word in (f"--{name}", value)
        if word
    ]
    return Given(words, {})


def by_environment(chosen: Mapping[str, Sequence[str]]) -> Given:
    """Returns `DATAFAST_MOCK_NAME` for each option: its values joined as in PATH, or 1 if it has none."""
    variables = {
        "DATAFAST_MOCK_" + name.upper().replace("-", "_"): os.pathsep.join(values) or "1"
        for name, values in chosen.items()
    }
    return Given([], variables)


WAYS = [pytest.param(by_options, id="options"), pytest.param(by_environment, id="environment")]
Way = Callable[[Mapping[str, Sequence[str]]], Given]


def mock_of(given: Given, stack: ExitStack) -> Mock:
    process = stack.enter_context(started(*given.options, environment=given.environment))
    banner = banner_of(process)
    url = banner[-1].split()[-1]
    return Mock(banner, stack.enter_context(httpx2.Client(base_url=url)))


def text_at(banner: list[str], beginning: str) -> str:
    """Returns the line of a banner with this beginning, without its indentation."""
    return next(line.strip() for line in banner if line.strip().startswith(beginning))
