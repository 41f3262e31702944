"""Authentication and errors: who is let in, and which status refuses whom."""

from collections.abc import Iterable
from typing import NamedTuple

from contract_tests import labels
from contract_tests.clause import OBSERVED, OTHER, PAGE, Cases, Clause, Violation, clause
from contract_tests.exchange import Exchange

_LIMITED = 429


def _judged(label: str) -> Cases:
    """The answers to what was labelled so; that a limit or the server got in the way decides nothing."""
    return lambda recording: [
        exchange
        for exchange in recording.labelled(label)
        if exchange.status != _LIMITED and exchange.status < 500
    ]


class _Answer(NamedTuple):
    """A clause that requests with a label are answered with one of some statuses."""

    id: str
    label: str
    statuses: tuple[int, ...]
    sentence: str
    source: str
    standing: str
    needs: str

    def clause(self) -> Clause:
        """The clause itself."""
        return clause(
            self.id,
            self.sentence,
            source=self.source,
            standing=self.standing,
            needs=self.needs,
            cases=_judged(self.label),
        )(self.check)

    def check(self, exchange: Exchange) -> Iterable[Violation]:
        """Whether an answer has one of the statuses."""
        if exchange.status not in self.statuses:
            wanted = " or ".join(map(str, self.statuses))
            yield Violation(f"answered {exchange.status}, not {wanted}", exchange, "", exchange.status)


_ANSWERS = (
    _Answer(
        "AUTH-01",
        labels.NO_CREDENTIAL,
        (401,),
        "A request without a token is refused with 401.",
        "002 Errors",
        PAGE,
        "a request without a token",
    ),
    _Answer(
        "AUTH-02",
        labels.UNKNOWN_CREDENTIAL,
        (401,),
        "An invalid token is refused with 401.",
        "002 Errors",
        PAGE,
        "a request with a token that nobody has",
    ),
    _Answer(
        "AUTH-03",
        labels.NO_WEBSITE_ID,
        (400, 401, 403, 404, 422),
        "An account token needs `websiteId` on every request.",
        "003 Query parameters",
        PAGE,
        "an account token (`--account-token`)",
    ),
    _Answer(
        "AUTH-04",
        labels.NO_PERMISSION,
        (403,),
        "An account token without `analytics:read` is refused with 403.",
        "004 Errors",
        PAGE,
        "a token for the role `no_permission` (`--credentials`)",
    ),
    _Answer(
        "AUTH-05",
        labels.ELSEWHERE,
        (403, 404),
        "An account token must be allowed to access the website.",
        "003 Authentication",
        PAGE,
        "a token for the role `elsewhere` (`--credentials`)",
    ),
    _Answer(
        "AUTH-06",
        labels.OK,
        (200,),
        "A website's key is all that is needed: the website is inferred from it.",
        "003 Authentication",
        PAGE,
        "a website's key (`--key`)",
    ),
    _Answer(
        "AUTH-07",
        labels.ACCOUNT,
        (200,),
        "An account token is answered for the website in `websiteId`.",
        "003 Authentication",
        PAGE,
        "an account token and `--website-id`",
    ),
    _Answer(
        "AUTH-08",
        labels.SUSPENDED,
        (403,),
        "Where tracking is suspended the answer is 403.",
        "004 Errors",
        PAGE,
        "a token for the role `suspended` (`--credentials`)",
    ),
    _Answer(
        "AUTH-09",
        labels.SUPERFLUOUS,
        (200,),
        "Superfluous parameters and headers are ignored, as real clients send them.",
        "observed of the live API",
        OBSERVED,
        "a website's key (`--key`)",
    ),
    _Answer(
        "ERR-01",
        labels.BAD_FIELDS,
        (400,),
        "`fields` with anything but `visitors` is a 400.",
        "003 Query parameters",
        PAGE,
        "a website's key (`--key`)",
    ),
    _Answer(
        "ERR-02",
        labels.BAD_VISITOR_ID,
        (400,),
        "A visitor id that is no UUID of version 4 is a 400.",
        "the public documentation of errors",
        OTHER,
        "a website's key (`--key`)",
    ),
    _Answer(
        "ERR-03",
        labels.UNKNOWN_VISITOR,
        (404,),
        "A visitor of whom no page view is known is a 404.",
        "004 Errors",
        PAGE,
        "a website's key (`--key`)",
    ),
    _Answer(
        "ERR-04",
        labels.UNKNOWN_WEBSITE,
        # 403 from those who do not tell a token what there is besides its own websites.
        (403, 404),
        "A website that there is not is a 404.",
        "001 Errors",
        PAGE,
        "an account token (`--account-token`)",
    ),
    _Answer(
        "ERR-05",
        labels.BOT,
        (400,),
        "A visitor that is flagged as a bot is a 400.",
        "the public documentation of errors",
        OTHER,
        "a bot's id for the role `bot` (`--credentials`)",
    ),
    _Answer(
        "RT-04",
        labels.FIELDS,
        (200,),
        "`fields=visitors` asks for what is answered anyway.",
        "003 Query parameters",
        PAGE,
        "a website's key (`--key`)",
    ),
    _Answer(
        "RT-05",
        labels.DATES,
        (200,),
        "Dates and filters are no error on realtime: they have no effect.",
        "003 Get realtime visitors",
        PAGE,
        "a website's key (`--key`)",
    ),
)

ACCESS = [answer.clause() for answer in _ANSWERS]


@clause(
    "ERR-06",
    "Whoever asks too often is refused with 429, and with nothing else.",
    source="003 Errors",
    standing=PAGE,
    needs="a token for the role `limited` (`--credentials`), whose limit a few requests exceed",
    cases=lambda recording: [
        e for e in recording.labelled(labels.LIMITED) if e.status != 200 and e.status < 500
    ],
)
def too_often_is_429(exchange: Exchange) -> Iterable[Violation]:
    if exchange.status != _LIMITED:
        yield Violation(f"answered {exchange.status}, not 429", exchange, "", exchange.status)


@clause(
    "ERR-07",
    "An error on the server's side has a status of 500 or above.",
    source="002 Errors",
    standing=PAGE,
    needs="a token for the role `error_500` (`--credentials`)",
    cases=lambda recording: recording.labelled(labels.SERVER_ERROR),
)
def server_error_is_5xx(exchange: Exchange) -> Iterable[Violation]:
    if exchange.status < 500 and exchange.status != _LIMITED:
        yield Violation(f"answered {exchange.status}, not 500", exchange, "", exchange.status)
