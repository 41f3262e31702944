"""Clauses about the predictions on the map: scores, and the flag that says whether there are any."""

from collections.abc import Callable, Iterable

from contract_tests.asking.needs import CREDENTIALS, Need
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.realtime_map import Member, maps, which
from contract_tests.documented import OTHER, PAGE
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.instants import ms
from contract_tests.recording import REVISION_2026_02, Recording, numbered, rows

CUSTOMER_SCORE = 100
"""The score of a visitor who has paid."""
_BASELINE_SCORE = 50
# In ms: for how long a server may keep a prediction, and so one from before a payment.
_KEPT = 60_000


def _score(member: Member) -> Json:
    likelihood = member.row.get("conversionLikelihood")
    return likelihood.get("score") if isinstance(likelihood, dict) else None


@clause(
    "MAP-82",
    "A customer's prediction has a score of 100.",
    source="001 Notes",
    standing=PAGE,
    needs="a customer with a prediction on the map",
    revision=REVISION_2026_02,
    cases=which("visitors", lambda m: m.row.get("isCustomer") is True and is_figure(_score(m))),
)
def customers_have_100(member: Member) -> Iterable[Violation]:
    if _score(member) != CUSTOMER_SCORE:
        pointer = f"{member.pointer}/conversionLikelihood/score"
        problem, is_new = "a customer's score is not 100", _has_just_paid(member)
        yield Violation(problem, member.exchange, pointer, _score(member), is_new)


def _has_just_paid(member: Member) -> bool:
    """Returns whether all payment events of the visitor, if there are any, may be less than a minute old."""
    own = [e for e in rows(member.data, "recentEvents") if e.get("visitorId") == member.row.get("visitorId")]
    paid_at = [event.get("timestamp") for event in own if event.get("type") == "payment"]
    return bool(paid_at) and all(is_new(at, member.exchange) for at in paid_at)


def is_new(instant: Json, exchange: Exchange) -> bool:
    """Returns whether an instant may be less than a minute before an answer."""
    at, now = ms(instant), exchange.now
    return at is None or now is None or at > now.earliest - _KEPT


@clause(
    "MAP-83",
    "A prediction with `isBaseline: true` has a score of 50, or a customer's score of 100.",
    source="the public documentation of predictions",
    standing=OTHER,
    needs=Need(
        "a visitor without any data that a prediction could use (role `unknowns`, `--credentials`)",
        CREDENTIALS,
    ),
    cases=which(
        "visitors",
        lambda m: (
            is_figure(_score(m))
            and m.row["conversionLikelihood"].get("isBaseline") is True
            and not (_score(m) == CUSTOMER_SCORE and m.row.get("isCustomer") is not False)
        ),
    ),
)
def baseline_is_50(member: Member) -> Iterable[Violation]:
    if _score(member) != _BASELINE_SCORE:
        pointer, score = f"{member.pointer}/conversionLikelihood/score", _score(member)
        # A visitor who has just paid may have the score of a customer already.
        is_weak = score == CUSTOMER_SCORE
        problem = "`isBaseline` is true, but the score is not 50"
        yield Violation(problem, member.exchange, pointer, score, is_weak)


def _flagged(flag: bool) -> Callable[[Recording], Iterable[tuple[Exchange, dict[str, Json]]]]:
    return lambda recording: [
        (e, data) for e, data in maps(recording) if data.get("hasConversionPredictions") is flag
    ]


@clause(
    "MAP-84",
    "If `hasConversionPredictions` is true, there are `conversionMetrics`.",
    source="002 Notes",
    standing=PAGE,
    needs="a map of a website with a conversion model",
    cases=_flagged(True),
)
def flag_has_metrics(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    if data.get("conversionMetrics") is None:
        problem = "`hasConversionPredictions` is true, but there are no `conversionMetrics`"
        yield Violation(problem, exchange, "/data/conversionMetrics")


@clause(
    "MAP-85",
    "If `hasConversionPredictions` is false, no visitor has a prediction, except a customer's score of 100.",
    source="002 Notes",
    standing=PAGE,
    needs=Need(
        "a map of a website without a conversion model (role `no_model`, `--credentials`)", CREDENTIALS
    ),
    cases=_flagged(False),
)
def no_flag_no_predictions(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    for n, visitor in numbered(data, "visitors"):
        told = visitor.get("conversionLikelihood")
        # A customer's score of 100 needs no prediction, and the visitor may have just paid.
        is_weak = isinstance(told, dict) and told.get("score") == CUSTOMER_SCORE
        if isinstance(told, dict) and not (is_weak and visitor.get("isCustomer") is not False):
            problem = "`hasConversionPredictions` is false, but a visitor has a prediction"
            yield Violation(problem, exchange, f"/data/visitors/{n}/conversionLikelihood", told, is_weak)
            if not is_weak:
                return
