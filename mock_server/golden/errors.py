"""The golden files of errors: every error that a credential, a parameter or a URL can cause."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

from mock_server.contract.operations import Operation
from mock_server.golden.asking import UNKNOWN_TOKEN, Mock, Question, url_of
from mock_server.golden.file import Golden
from mock_server.options import DEFAULT_SITE
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import Credential, load_credentials

_TOKEN = "df_test"  # noqa: S105 - a key of the fixtures
_ACCOUNT_TOKEN = "dft_test"  # noqa: S105 - likewise
# A value that does not exist, for each path parameter.
_NOTHING = {"visitorId": "00000000-0000-4000-8000-000000000000", "funnelId": "0" * 24}
_NO_WEBSITE = "0" * 24
# For each query parameter, an invalid query, the label of its file, and what is wrong.
_BAD_QUERY = {
    "fields": ("?fields=pageviews", "fields-unknown", "this value of `fields` is not allowed"),
    "startAt": ("?fields=visitors&startAt=2026-01-01", "startAt-alone", "`startAt` needs `endAt`"),
    "timezone": ("?fields=visitors&timezone=Mars", "timezone-unknown", "this is not an IANA time zone"),
    "interval": (
        "?fields=visitors&interval=year",
        "interval-unknown",
        "this value of `interval` is not allowed",
    ),
    "limit": ("?fields=visitors&limit=0", "limit-too-low", "`limit` must be at least 1"),
}
_BAD_PATH = {"visitorId": "not-a-uuid", "funnelId": "signup"}

# The advice for a client on each status. For a status without a row, the row of its class is used, such as
# 400.
_LESSONS = {
    400: "reports the error, and does not send the request again",
    401: "asks for another key",
    403: "distinguishes a key without permission from a wrong key",
    404: "shows that there is nothing, and does not try again",
    429: "waits as long as `Retry-After` says, then goes on",
    500: "tries again a few times, then reports the error",
}


class _ErrorCase(NamedTuple):
    """A request that is refused, and the reason.

    `path` has the values of path parameters, `query` is added to the URL, and a `token` of None means that no
    token is sent.
    """

    name: str
    what: str
    token: str | None
    query: str = ""
    path: Mapping[str, str] = _NOTHING
    method: str | None = None
    """The method; None means the operation's method."""
    times: int = 1
    """The number of requests, of which the last is refused."""


def errors_of(mock: Mock) -> Iterator[Golden]:
    """Yields the files of all errors; they are the same in every revision."""
    operations = mock.reads
    for case in (*_WITHOUT_KEY, *_by_credential(mock), *_BY_WEBSITE_ID, *_BY_METHOD):
        yield from _golden(mock, case, operations)
    for name, (query, label, what) in _BAD_QUERY.items():
        case = _ErrorCase(label, what, _TOKEN, query=query)
        yield from _golden(mock, case, [one for one in operations if _takes(one, name)])
    for name, value in _BAD_PATH.items():
        case = _ErrorCase(f"{name}-malformed", f"this is not a valid `{name}`", _TOKEN, path={name: value})
        yield from _golden(mock, case, [one for one in operations if one.path_names == (name,)])
    for operation in operations:
        for case in _by_visitor(mock, operation):
            yield from _golden(mock, case, [operation])
    yield _route_not_found(mock)


_WITHOUT_KEY = (
    _ErrorCase("no-token", "no token was sent", None),
    _ErrorCase("unknown-token", "the server does not know the token", UNKNOWN_TOKEN),
)
_BY_WEBSITE_ID = (
    _ErrorCase("websiteId-missing", "an account token needs `websiteId`", _ACCOUNT_TOKEN),
    _ErrorCase(
        "websiteId-malformed",
        "`websiteId` is not 24 hexadecimal digits",
        _ACCOUNT_TOKEN,
        query="?websiteId=dfid_12345",
    ),
    _ErrorCase(
        "website-unknown",
        "no website has this `websiteId`",
        _ACCOUNT_TOKEN,
        query=f"?websiteId={_NO_WEBSITE}",
    ),
)
_BY_METHOD = (_ErrorCase("method", "the method is not one of `Allow`", _TOKEN, method="POST"),)


def _by_credential(mock: Mock) -> Iterator[_ErrorCase]:
    """Yields a request for every credential of fixtures/credentials.yaml; `_golden` skips successful ones."""
    sites = mock.service.sites
    website_id = sites[DEFAULT_SITE].website_id
    for token, credential in load_credentials(sites, load_accounts(sites)).items():
        if token not in {row["key"] for row in mock.sites}:
            query = f"?websiteId={website_id}" if credential.is_account_token else ""
            what = f"the credential `{token}`, “{credential.description}”"
            yield _ErrorCase(token, what, token, query=query, times=_times(credential))


def _times(credential: Credential) -> int:
    return 1 if credential.rate is None else credential.rate.limit + 1


def _takes(operation: Operation, name: str) -> bool:
    """Returns whether an operation has a parameter with a name."""
    return any(parameter.name == name for parameter in operation.parameters)


def _by_visitor(mock: Mock, operation: Operation) -> Iterator[_ErrorCase]:
    if operation.path_names != ("visitorId",):
        return
    yield _ErrorCase("visitor-unknown", "no page view of this visitor is known", _TOKEN)
    for bot in mock.service.sites[DEFAULT_SITE].bots[:1]:
        path = {"visitorId": bot}
        yield _ErrorCase("visitor-bot", "the visitor is flagged as a bot", _TOKEN, path=path)


def _golden(mock: Mock, case: _ErrorCase, operations: list[Operation]) -> Iterator[Golden]:
    """Yields a file if the first operation answers with an error.

    The file lists all operations that answer with that error.
    """
    questions = {one.operation_id: _question(case, one) for one in operations}
    answers = {
        name: [mock.ask(question) for _ in range(case.times)][-1] for name, question in questions.items()
    }
    first, answer = next(iter(answers.items()))
    if answer.status >= 400:
        yield Golden(
            path=f"errors/{answer.status}-{case.name}.json",
            good_for=_good_for(answer.status, case.what),
            revision=None,
            site=None,
            operations=tuple(name for name, other in answers.items() if other == answer),
            question=questions[first],
            answer=answer,
        )


def _question(case: _ErrorCase, operation: Operation) -> Question:
    url = url_of(operation, case.path) + case.query
    return Question(url, case.token, case.method or operation.method)


def _route_not_found(mock: Mock) -> Golden:
    question = Question(f"{mock.service.base}/nothing", _TOKEN)
    answer = mock.ask(question)
    good_for = _good_for(answer.status, "there is nothing at this URL")
    return Golden(f"errors/{answer.status}-route.json", good_for, None, None, (), question, answer)


def _good_for(status: int, what: str) -> str:
    lesson = _LESSONS.get(status, _LESSONS[status // 100 * 100])
    return f"Test that your client {lesson}. {status} {HTTPStatus(status).phrase}: {what}."
