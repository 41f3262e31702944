"""The contract as tests, one for each clause: `pytest --pyargs contract_tests`.

One worker sends the requests; all workers judge the same recording.
"""

import time
import traceback
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

try:
    from filelock import FileLock

    from contract_tests.asking.address import base_of
    from contract_tests.asking.client import StoppedError
    from contract_tests.asking.credentials import Credentials, load_credentials
    from contract_tests.asking.har.reading import read_har
    from contract_tests.asking.har.writing import write_har
    from contract_tests.asking.own_mock import INSTANT, own_mock
    from contract_tests.clauses import all_clauses
    from contract_tests.clauses.clause import Clause
    from contract_tests.commands.target import target_by
    from contract_tests.interrupts import interrupted_by_signals
    from contract_tests.judging.run import Plan, Run, judged, verify
    from contract_tests.judging.verdict import Outcome, Verdict
    from contract_tests.report.words import curl_of, ground_of, place_of, plain
except ModuleNotFoundError as error:
    _problem = f"The tests need more packages: pip install 'datafast-mock[pytest]' ({error})"
    raise pytest.fail.Exception(_problem, pytrace=False) from None

_LOCK_SECONDS = 600


class ContractWarning(UserWarning):
    """A warning about a deviation that does not break the contract, or about data left on the server."""


@pytest.fixture(scope="session")
def run_or_problem(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Run | str:
    """Returns the run with its verdicts, or a sentence that says why the server gave no answers."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):
        # The folders of all workers have this parent in common.
        folder = folder.parent
    recorded, failed = folder / "datafast.har", folder / "datafast.txt"
    with FileLock(folder / "datafast.lock", timeout=_LOCK_SECONDS):
        if not recorded.exists() and not failed.exists():
            # So SIGTERM and SIGHUP end the run like Ctrl-C, and what it wrote is removed.
            with interrupted_by_signals():
                problem = _record(pytestconfig, recorded)
            if problem is not None:
                failed.write_text(problem, encoding="utf-8")
    if failed.exists():
        return failed.read_text(encoding="utf-8")
    exchanges, _ = read_har(recorded, None, Credentials())
    left = recorded.with_suffix(".left").read_text(encoding="utf-8").splitlines()
    found = judged(Plan("", Credentials(), all_clauses()), exchanges, time.monotonic())
    return replace(found, left=left)


@pytest.fixture(scope="session")
def told() -> list[str]:
    """The problem of the run, as soon as a test has failed because of it."""
    return []


@pytest.fixture
def run(run_or_problem: Run | str, told: list[str]) -> Run:
    """Returns the run. Without one, the first test fails with the reason, and all others are skipped."""
    if isinstance(run_or_problem, str):
        if told:
            pytest.skip(f"no verdict: {run_or_problem}")
        told.append(run_or_problem)
        pytest.fail(run_or_problem, pytrace=False)
    return run_or_problem


@pytest.fixture(scope="session")
def verdicts(run_or_problem: Run | str) -> dict[str, Verdict]:
    """Returns the verdict of each clause, by its id; nothing without a run."""
    found = [] if isinstance(run_or_problem, str) else run_or_problem.verdicts
    return {verdict.clause.id: verdict for verdict in found}


def test_the_server_was_seen_to_answer(run: Run) -> None:
    """Counter, map and profile have been answered, since a run that skips everything must not pass."""
    if run.unseen is not None:
        pytest.fail(f"{plain(run.unseen)}; is the key right? (--datafast-key, DATAFAST_KEY)", pytrace=False)


def test_nothing_stays_on_the_server(run: Run) -> None:
    """The run has removed everything that it wrote; a warning names everything that stays."""
    if run.left:
        warnings.warn("; ".join(run.left), ContractWarning, stacklevel=1)


@pytest.mark.parametrize("clause", [pytest.param(c, id=f"{c.id} {c.sentence}") for c in all_clauses()])
@pytest.mark.usefixtures("run")
def test_clause(clause: Clause, verdicts: dict[str, Verdict]) -> None:
    """The server keeps a clause. The test of an unobserved clause is skipped, with the reason."""
    verdict = verdicts[clause.id]
    if verdict.outcome is Outcome.NOT_OBSERVED:
        pytest.skip(f"not observed; needed: {verdict.needs}")
    if verdict.outcome is Outcome.OTHER_REVISION:
        pytest.skip(f"the server speaks another revision than {clause.revision}")
    if verdict.outcome is Outcome.WARNING:
        warnings.warn(_told(verdict), ContractWarning, stacklevel=1)
    elif verdict.outcome is not Outcome.HOLDS:
        pytest.fail(_told(verdict), pytrace=False)


def _told(verdict: Verdict) -> str:
    if verdict.bug:
        return f"because of a bug in the kit the clause could not be judged: {plain(verdict.bug)}"
    lines = [f"{plain(violation.problem)}, at {place_of(violation)}" for violation in verdict.violations]
    exchange = verdict.violations[0].exchange
    return "\n".join([verdict.clause.sentence, *lines, ground_of(verdict.clause), curl_of(exchange)])


def _record(config: pytest.Config, target: Path) -> str | None:
    """Sends the requests and writes the exchanges to a file. Returns a sentence if that fails, else None."""
    try:
        named = target_by(config)
        if named is None:
            with own_mock("--now", INSTANT) as address:
                plan = Plan(base_of(address), load_credentials("mock"), all_clauses(), may_write=True)
                # This mock ends after the requests, and with it everything that was written.
                return _recorded(plan, target, lasts=False)
        plan = Plan(named.base, named.credentials, all_clauses(), may_write=named.may_write)
        return _recorded(plan, target)
    except (pytest.UsageError, StoppedError) as error:
        return plain(str(error))


def _recorded(plan: Plan, target: Path, *, lasts: bool = True) -> str | None:
    """Sends the requests to a server and writes the exchanges. Returns a sentence if that fails, else None.

    `lasts` says whether the server keeps running after the run. If it does not, nothing can stay on it.
    """
    try:
        run = verify(plan, lambda _sentence: None, lambda _count: None)
    except Exception:  # noqa: BLE001 - pytest's own traceback would show the arguments, and so the token
        told = f"This is a bug in the kit; it says nothing about the server.\n{traceback.format_exc()}"
        return plan.credentials.mask().text(told)
    if run.stopped or (run.refused and not run.recording.exchanges):
        return plain(run.refused or run.stopped or "")
    write_har(target, run.recording.exchanges)
    left = map(plain, run.left) if lasts else []
    target.with_suffix(".left").write_text("\n".join(left), encoding="utf-8")
    return None
