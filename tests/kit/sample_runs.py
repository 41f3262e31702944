"""Invented runs for tests of reports: a few clauses, each with a given outcome."""

from contract_tests.asking.needs import Need
from contract_tests.clauses.clause import Clause, Violation
from contract_tests.documented import OBSERVED, PAGE
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.operations import MAP
from contract_tests.recording import Recording

BASE = "https://stats.example.com/api/v1"
_SENT = 1_770_355_650_000

_SENTENCES = {
    "ENV-01": "`status`: string. `success` for every answer with data.",
    "AUTH-02": "A request with an unknown token is refused with 401.",
    "MAP-72": "`count` is the number of active visitors: at least as many as are listed.",
    "MAP-73": "`timestamp` of an event lies in the last 30 minutes, and it is told with its offset from UTC.",
    "MAP-74": "`amount` of a payment is in whole units of its `currency`, not in hundredths.",
    "VIS-10": "`firstVisitAt` is no later than `lastVisitAt`.",
    "AGR-01": "The counter lies between what the maps before and after it list.",
}
_NEEDS = {"VIS-10": "a visitor's profile", "AGR-01": "three rounds of map, counter, map"}


def all_holds() -> Run:
    """Returns a run in which every clause holds, except for one clause of the other revision."""
    return _run(*map(_holds, list(_SENTENCES)[:-1]), _without("AGR-01", Outcome.OTHER_REVISION))


def broken() -> Run:
    """Returns a run with two broken clauses, a warning, and two clauses that were not observed."""
    counts = (
        _violation("`count` is 46, but 47 visitors are listed", "/data/count", 46),
        _violation("`count` is 44, but 47 visitors are listed", "/data/count", 44),
        _violation("`count` is 43, but 47 visitors are listed", "/data/count", 43),
    )
    amount = (
        _violation("an event of type `payment` has the amount 1999", "/data/recentPayments/0/amount", 1999),
    )
    return _run(
        _holds("ENV-01"),
        _broken("AUTH-02", _violation("answered 200, not 401")),
        Verdict(_clause("MAP-72"), Outcome.BROKEN, 9, counts),
        _holds("MAP-73"),
        Verdict(_clause("MAP-74", OBSERVED), Outcome.WARNING, 3, amount),
        _without("VIS-10", Outcome.NOT_OBSERVED),
        _without("AGR-01", Outcome.NOT_OBSERVED),
    )


def stopped() -> Run:
    """Returns a run against a server that died after its first answer."""
    reason = f"no answer from {BASE}/analytics/realtime: [Errno 111] Connection refused"
    return _run(
        _holds("ENV-01"),
        *(_without(clause_id, Outcome.NOT_OBSERVED) for clause_id in list(_SENTENCES)[1:]),
        stopped=reason,
    )


def known_deviations() -> Run:
    """Returns a run with a baseline: one clause is broken as in the baseline, and one holds again."""
    deviation = _violation("`count` is 46, but 47 visitors are listed", "/data/count", 46)
    return _run(
        Verdict(_clause("MAP-72"), Outcome.KNOWN, 9, (deviation,)),
        _holds("MAP-73"),
        mended=("MAP-73",),
    )


def filled_with(text: str, value: Json) -> Run:
    """Returns a run with a text in each place that a server can fill, and with a value from an answer."""
    violation = Violation(text, _exchange(f"{BASE}/visitors/{text}", "POST"), f"/data/{text}", value)
    whole = Violation(text, _exchange(f"{BASE}/visitors/{text}", text))
    return _run(
        _broken("ENV-01", violation, whole),
        Verdict(_clause("MAP-74", OBSERVED), Outcome.WARNING, 1, (violation, whole)),
        Verdict(_clause("MAP-72"), Outcome.KNOWN, 1, (whole,)),
        Verdict(_clause("MAP-73"), Outcome.FAILED, 0, (), bug=text),
        _without("VIS-10", Outcome.NOT_OBSERVED),
        stopped=text,
        base=f"{BASE}/{text}",
    )


def much_broken(count: int, text: str) -> Run:
    """Returns a run with `count` broken clauses, warnings and known deviations, each with a text."""
    violations = tuple(
        Violation(f"{n}: {text}", _exchange(f"{BASE}/{text}"), f"/{n}", text) for n in range(5)
    )
    outcomes = (Outcome.BROKEN, Outcome.WARNING, Outcome.KNOWN)
    return _run(*(Verdict(_clause("MAP-72"), o, 9, violations) for o in outcomes for _ in range(count)))


def _run(
    *verdicts: Verdict, stopped: str | None = None, mended: tuple[str, ...] = (), base: str = BASE
) -> Run:
    recording = Recording([_exchange(f"{BASE}/analytics/realtime/map")], "2026-02")
    return Run(base, recording, verdicts, 1.25, stopped, None, None, mended)


def _clause(clause_id: str, standing: str = PAGE) -> Clause:
    return Clause(
        clause_id,
        _SENTENCES[clause_id],
        "001 Response fields",
        standing,
        Need(_NEEDS.get(clause_id, "a map")),
        cases=lambda _: (),
        check=lambda _: (),
        accuses=standing != OBSERVED,
    )


def _exchange(url: str, method: str = "GET") -> Exchange:
    found = frozenset({"ok"})
    return Exchange(method, url, MAP, found, _SENT, 12, 200, {}, b"{}", token="df_***")


def _violation(problem: str, pointer: str = "", value: Json = None) -> Violation:
    return Violation(problem, _exchange(f"{BASE}/analytics/realtime/map?limit=10"), pointer, value)


def _holds(clause_id: str) -> Verdict:
    return Verdict(_clause(clause_id), Outcome.HOLDS, 12, ())


def _broken(clause_id: str, *violations: Violation) -> Verdict:
    return Verdict(_clause(clause_id), Outcome.BROKEN, 1, violations)


def _without(clause_id: str, outcome: Outcome) -> Verdict:
    return Verdict(_clause(clause_id), outcome, 0, ())
