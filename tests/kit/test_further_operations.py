"""The kit requests and judges POST, DELETE, pages and account routes if a document has them."""

# ruff: noqa: D102 - the docstring of a faulty server says how it differs

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract_tests.asking.client import Limits
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.har.reading import read_har
from contract_tests.asking.har.writing import write_har
from contract_tests.asking.probes import most_of, probes_for
from contract_tests.clauses import clauses_for
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Plan, Run, judged, verify
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.mutants import mutants_for
from contract_tests.recording import Recording
from contract_tests.report.words import curl_of
from tests.kit.further import ELSEWHERE, GOALS, NO_PERMISSION, Further, further_document
from tests.kit.strangers.plain import ACCOUNT, KEY, WEBSITE_ID, Answer, Json
from tests.kit.strangers.serving import running

CONTRACT = further_document()
CLAUSES = clauses_for(CONTRACT)
CREDENTIALS = Credentials(KEY, ACCOUNT, WEBSITE_ID, no_permission=NO_PERMISSION, elsewhere=ELSEWHERE)
NEW = ("listGoalCompletions", "createMilestone", "deleteMilestones", "listGoalNames")


_WEIGHTS = {Outcome.BROKEN: "breaks", Outcome.WARNING: "warns"}


def _run(stranger: Further, only: Sequence[str] = NEW, *, may_write: bool = True) -> Run:
    """Judges a server by the clauses whose id or operation is in `only`."""
    chosen = [c for c in CLAUSES if c.id in only or c.id.partition(".")[0] in only]
    with running(stranger) as base:
        plan = Plan(
            base,
            CREDENTIALS,
            chosen,
            pause=0,
            may_write=may_write,
            contract=CONTRACT,
            # Faults are planted in the kept answers, too, and some need a further look.
            is_thorough=True,
        )
        return verify(plan, lambda _sentence: None, lambda _count: None)


@pytest.fixture(scope="module")
def run() -> Run:
    """Returns a run of all clauses of the new operations against a correct server."""
    return _run(Further())


def _broken(run: Run) -> list[str]:
    return [v.clause.id for outcome in (Outcome.BROKEN, Outcome.WARNING) for v in run.of(outcome)]


# -- operations --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        pytest.param("GET", "/analytics/goals", "listGoalCompletions", id="the longest template"),
        pytest.param("POST", "/milestones", "createMilestone", id="a shorter template"),
        pytest.param("DELETE", "/milestones", "deleteMilestones", id="another method"),
        pytest.param("DELETE", "/milestones/", "deleteMilestones", id="a slash at the end"),
        pytest.param("GET", "/milestones", None, id="a method that is not documented"),
        pytest.param("POST", "/analytics/goals", None, id="the method of a shorter template"),
        pytest.param("GET", "/admin/websites/x/goals", "listGoalNames", id="a parameter within"),
        pytest.param("POST", "/admin/websites/x/goals", None, id="no end of a longer path"),
        pytest.param("POST", "/admin/accounts/x/goals", None, id="no end of an unknown path"),
        pytest.param("GET", "/visitors/a%2Fb", "getVisitor", id="an encoded slash"),
    ],
)
def test_an_operation_is_known_by_method_and_whole_path(
    method: str, path: str, operation: str | None
) -> None:
    found = CONTRACT.matches(method, path)

    assert (found and found.operation.id) == operation


def test_success_statuses_are_those_of_the_document(run: Run) -> None:
    told = {e.operation: e.status for e in run.recording.exchanges if e.is_success}

    assert {name: told[name] for name in NEW} == {
        "listGoalCompletions": 200,
        "createMilestone": 201,
        "deleteMilestones": 204,
        "listGoalNames": 200,
    }
    assert run.recording.answers("createMilestone")[0].data == {"eventId": "e1"}


def test_a_path_without_get_and_a_response_without_200_have_rows() -> None:
    rows = {row.id: row for row in CONTRACT.rows}

    assert rows["createMilestone.data.eventId"].status == 201
    assert not [row for row in CONTRACT.rows if row.operation == "deleteMilestones"]


def test_ids_are_derived_from_operation_and_place_where_none_is_given() -> None:
    rows = {".".join(row.place): row.id for row in CONTRACT.rows if row.operation == "listGoalCompletions"}

    assert rows["data.*.completions"] == "listGoalCompletions.data.completions"
    assert rows["pagination.limit"] == "GOAL-01"
    # Another document may describe an operation at the same path.
    others = CONTRACT.operations.keys() - set(NEW)
    kept = {row.id for row in document().rows if row.operation in others}
    assert kept <= {row.id for row in CONTRACT.rows}


# -- a correct server, and wrong ones ----------------------------------------------------------------


def test_a_correct_server_is_not_accused(run: Run) -> None:
    assert (run.stopped, run.refused, run.of(Outcome.FAILED)) == (None, None, [])
    assert _broken(run) == []
    assert [verdict.clause.id for verdict in run.of(Outcome.NOT_OBSERVED)] == []


def test_access_clauses_come_from_security_and_statuses() -> None:
    found = {clause.id for clause in CLAUSES if clause.id.startswith(NEW)}

    assert {name.removeprefix("listGoalNames.") for name in found if name.startswith("listGoalNames.")} == {
        "without-token",
        "unknown-token",
        "no-permission",
        "elsewhere",
        "website-key",
        "unknown-website",
        "success",
        "data",
    }
    # 403 is not documented for `createMilestone`, so there is no clause about it.
    assert "createMilestone.no-permission" not in found
    sentences = {clause.id: clause.sentence for clause in CLAUSES}
    assert "without `websites:read` is refused with 403" in sentences["listGoalNames.no-permission"]


class LettingIn(Further):
    """Accepts every account token."""

    def _why_not(self, query: Json, headers: Json) -> tuple[int, str] | None:
        problem = super()._why_not(query, headers)
        return None if problem is not None and problem[0] == 403 else problem


class Okay(Further):
    """Answers 200, not 201, after creating a goal."""

    def created(self, goal: Json) -> Answer:
        return super().created(goal)._replace(status=200)


class Unlimited(Further):
    """Ignores `limit`."""

    def page(self, _limit: int, offset: int) -> list[Json]:
        return GOALS[offset:]


class AlwaysTheFirst(Further):
    """Ignores `offset`."""

    def page(self, limit: int, _offset: int) -> list[Json]:
        return GOALS[:limit]


class Counting(Further):
    """Sends counts as text."""

    def page(self, limit: int, offset: int) -> list[Json]:
        return [{**row, "completions": str(row["completions"])} for row in super().page(limit, offset)]


@pytest.mark.parametrize(
    ("make", "broken"),
    [
        pytest.param(
            LettingIn,
            # listGoalCompletions is refused for the same reasons as getOverview, and so has no such clauses.
            ["listGoalNames.no-permission", "listGoalNames.elsewhere"],
            id="every account token is let in",
        ),
        pytest.param(Okay, ["createMilestone.success"], id="200 for 201"),
        pytest.param(Unlimited, ["listGoalCompletions.paging-limit"], id="no limit"),
        pytest.param(AlwaysTheFirst, ["listGoalCompletions.paging-offset"], id="no offset"),
        pytest.param(Counting, ["listGoalCompletions.data.completions"], id="another type"),
    ],
)
def test_a_fault_breaks_the_clause_that_is_made_for_it(
    make: Callable[[], Further], broken: list[str]
) -> None:
    assert sorted(_broken(_run(make()))) == sorted(broken)


def test_every_fault_that_is_made_from_the_document_is_noticed(run: Run) -> None:
    survivors = []
    for mutant in mutants_for(CONTRACT):
        if mutant.clause.startswith(NEW):
            mutate = mutant.make()
            recording = Recording([mutate(e) for e in run.recording.exchanges], contract=CONTRACT)
            clause = next(clause for clause in CLAUSES if clause.id == mutant.clause)
            weight = _WEIGHTS.get(judge(recording, [clause])[0].outcome, "nothing")
            if weight != (mutant.weight or weight) or (mutant.weight is None and weight == "nothing"):
                survivors.append(mutant.name)

    assert survivors == []


# -- methods and bodies ------------------------------------------------------------------------------


def test_nothing_is_written_unless_the_server_is_ones_own() -> None:
    stranger = Further()

    run = _run(stranger, may_write=False)

    assert stranger.bodies == []
    assert {e.method for e in run.recording.exchanges} == {"GET"}
    assert {v.clause.id for v in run.of(Outcome.NOT_OBSERVED)} >= {
        "createMilestone.success",
        "deleteMilestones.success",
    }


def test_the_documented_example_is_what_is_written() -> None:
    stranger = Further()

    _run(stranger)

    assert stranger.bodies == [CONTRACT.operations["createMilestone"].body]


def test_method_and_body_are_in_curl_and_recording(run: Run, tmp_path: Path) -> None:
    written = next(e for e in run.recording.exchanges if e.operation == "createMilestone" and e.is_success)

    assert curl_of(written).startswith('curl -i -X POST -H "Authorization: Bearer $DATAFAST')
    assert '--data \'{"name":"signup",' in curl_of(written)

    write_har(tmp_path / "run.har", run.recording.exchanges)
    read, left = read_har(tmp_path / "run.har", None, Credentials(), contract=CONTRACT)

    assert not left
    assert [_seen(e) for e in read] == [_seen(e) for e in run.recording.exchanges]
    plan = Plan("", Credentials(), [v.clause for v in run.verdicts], contract=CONTRACT)
    again = judged(plan, read, time.monotonic())
    assert [v.outcome for v in again.verdicts] == [v.outcome for v in run.verdicts]


def _seen(exchange: Exchange) -> tuple[object, ...]:
    return (
        exchange.method,
        exchange.operation,
        exchange.status,
        exchange.successes,
        exchange.labels,
        exchange.request_body,
    )


@pytest.mark.parametrize(
    ("urls", "left"),
    [
        pytest.param(
            ["/api/v1/analytics/goals", "/api/v1/admin/teams/x/analytics/goals"], 1, id="a documented base"
        ),
        pytest.param(["/v2/analytics/goals", "/v2/admin/teams/x/analytics/goals"], 1, id="another base"),
        pytest.param(["/v1/analytics/goals", "/v2/analytics/goals"], 0, id="two bases"),
        pytest.param(["/analytics/goals", "/api/v1/analytics/goals"], 0, id="none, and a documented one"),
    ],
)
def test_a_recorded_path_below_another_one_is_no_base(urls: list[str], left: int, tmp_path: Path) -> None:
    entries = [
        {
            "request": {"method": "GET", "url": f"http://x{url}"},
            "response": {"status": 200, "content": {"text": "{}"}},
        }
        for url in urls
    ]
    har = tmp_path / "traffic.har"
    har.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")

    found, reasons = read_har(har, None, Credentials(), contract=CONTRACT)

    assert (len(found), reasons.total()) == (len(urls) - left, left)


# -- what is asked -----------------------------------------------------------------------------------


def test_only_what_the_chosen_clauses_need_is_asked() -> None:
    run = _run(Further(), only=["listGoalCompletions"], may_write=False)

    asked = {e.operation for e in run.recording.exchanges}
    assert asked == {"getRealtime", "listGoalCompletions"}


def test_the_bounds_follow_from_what_is_asked() -> None:
    planned = [most_of(probes_for(CONTRACT, CREDENTIALS, ids)) for ids in (["AUTH-01"], _all_ids())]

    few, many = (Limits().for_planned(number) for number in planned)
    assert (few.requests, few.patience) == (15, 140)
    assert many.requests is not None
    assert many.requests > planned[1] > 40
    assert Limits().for_planned(300).patience == 140 + 5 * 70


def test_bounds_that_somebody_has_set_stay() -> None:
    own = Limits(requests=7, patience=1.0)

    assert own.for_planned(500) == own


def _all_ids() -> list[str]:
    return [clause.id for clause in CLAUSES]
