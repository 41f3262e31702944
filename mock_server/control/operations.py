"""The table of all operations of the controls, from which their routes and their document are made."""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from mock_server.control.about import Health, Sites, health, sites
from mock_server.control.call import ControlCall, Scoped
from mock_server.control.clocks import ClockChange, ClockState, read_clock, set_clock
from mock_server.control.expectations import Expectation
from mock_server.control.facts import FactList, FactsOf, FactsPage, clear_facts, read_facts
from mock_server.control.har import Har
from mock_server.control.listing import ListedKeys, list_keys
from mock_server.control.minting import KeyState, NewKey, forget, mint, read_key
from mock_server.control.requests import (
    Page,
    Requests,
    Retries,
    Verified,
    clear_requests,
    read_requests,
    retries,
    verify,
)
from mock_server.control.settings import SettingsState, change_settings, read_settings, set_settings
from mock_server.control.verification import (
    EVENTS,
    REPORT_TYPES,
    NewVerification,
    ReportChoice,
    VerificationEvent,
    VerificationState,
    cancel_verification,
    start_verification,
    verification_events,
    verification_report,
    verification_state,
)
from mock_server.state.settings import Settings, SettingsChange


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty query or body."""


class ControlOperation(NamedTuple):
    """An operation of the controls. `body` or `answer` is None if it has no body or no answer.

    `run` may be asynchronous, and may return a whole response.
    """

    name: str
    method: str
    path: str
    summary: str
    run: Callable[[ControlCall], Any]
    answer: type | None
    body: type | None = None
    query: type = Nothing
    status: int = 200
    other_answers: tuple[type, ...] = ()
    """The types of answers in other formats that a request may ask for."""
    media_types: tuple[str, ...] = ("application/json",)
    """The media types of a successful answer."""
    is_open: bool = False
    """Whether every client may use the operation, because its answer is public."""


def _reset(call: ControlCall) -> None:
    call.service.reset()


OPERATIONS = (
    ControlOperation(
        "getHealth", "GET", "/health", "Check that the mock is up", health, Health, is_open=True
    ),
    ControlOperation("getSites", "GET", "/sites", "List all websites", sites, Sites, is_open=True),
    ControlOperation(
        "createKey", "POST", "/keys", "Mint a key for one test", mint, KeyState, NewKey, status=201
    ),
    ControlOperation("getKeys", "GET", "/keys", "List all keys", list_keys, ListedKeys),
    ControlOperation(
        "getKey", "GET", "/keys/{key}", "Read a key with its clock and settings", read_key, KeyState
    ),
    ControlOperation("deleteKey", "DELETE", "/keys/{key}", "Delete a minted key", forget, None, status=204),
    ControlOperation("getClock", "GET", "/clock", "Read a clock", read_clock, ClockState, query=Scoped),
    ControlOperation(
        "putClock", "PUT", "/clock", "Set a clock", set_clock, ClockState, ClockChange, query=Scoped
    ),
    ControlOperation(
        "getSettings", "GET", "/settings", "Read settings", read_settings, SettingsState, query=Scoped
    ),
    ControlOperation(
        "putSettings", "PUT", "/settings", "Replace settings", set_settings, SettingsState, Settings, Scoped
    ),
    ControlOperation(
        "patchSettings",
        "PATCH",
        "/settings",
        "Change settings",
        change_settings,
        SettingsState,
        SettingsChange,
        Scoped,
    ),
    ControlOperation(
        "getRequests",
        "GET",
        "/requests",
        "Read the journal",
        read_requests,
        Requests,
        query=Page,
        other_answers=(Har,),
    ),
    ControlOperation(
        "deleteRequests",
        "DELETE",
        "/requests",
        "Clear the journal",
        clear_requests,
        None,
        query=Scoped,
        status=204,
    ),
    ControlOperation(
        "verifyRequests",
        "POST",
        "/requests/verify",
        "Check whether the expected requests came",
        verify,
        Verified,
        Expectation,
        Scoped,
    ),
    ControlOperation(
        "getRetries",
        "GET",
        "/requests/retries",
        "Check whether the client waited after each 429",
        retries,
        Retries,
        query=Scoped,
    ),
    ControlOperation(
        "getFacts",
        "GET",
        "/facts",
        "List what was written through the API",
        read_facts,
        FactList,
        query=FactsPage,
    ),
    ControlOperation(
        "deleteFacts",
        "DELETE",
        "/facts",
        "Remove what was written through the API",
        clear_facts,
        None,
        query=FactsOf,
        status=204,
    ),
    ControlOperation(
        "startVerification",
        "POST",
        "/verification",
        "Verify a server",
        start_verification,
        VerificationState,
        NewVerification,
        status=202,
    ),
    ControlOperation(
        "getVerification",
        "GET",
        "/verification",
        "Read the state of the latest verification",
        verification_state,
        VerificationState,
    ),
    ControlOperation(
        "getVerificationEvents",
        "GET",
        "/verification/events",
        "Follow the latest verification",
        verification_events,
        VerificationEvent,
        media_types=(EVENTS,),
    ),
    ControlOperation(
        "getVerificationReport",
        "GET",
        "/verification/report",
        "Read a report of the latest verification",
        verification_report,
        None,
        query=ReportChoice,
        media_types=REPORT_TYPES,
    ),
    ControlOperation(
        "deleteVerification",
        "DELETE",
        "/verification",
        "Cancel the verification",
        cancel_verification,
        None,
        status=204,
    ),
    ControlOperation(
        "reset",
        "POST",
        "/reset",
        "Reset everything to its state at the start",
        _reset,
        None,
        Nothing,
        status=204,
    ),
)
