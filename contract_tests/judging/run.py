"""A run: it sends the requests of a plan to the server, and judges the answers."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from enum import IntEnum

from contract_tests.asking.cleaning import clean_up
from contract_tests.asking.client import Client, Limits, StoppedError
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.fuzzing import fuzz
from contract_tests.asking.needs import Need
from contract_tests.asking.probes import PAUSE, RefusedError, ask_all, most_of, probes_for
from contract_tests.asking.probes.probe import Asker, Probe, is_wanted, main_of
from contract_tests.clauses.clause import Clause
from contract_tests.document import Document, document
from contract_tests.eras import Eras
from contract_tests.exchange import GATEWAY, Exchange
from contract_tests.families import FAMILIES, family_of
from contract_tests.interrupts import pass_on_interrupt
from contract_tests.judging.verdict import Outcome, Verdict, judge
from contract_tests.recording import Recording

_WAIT_STEP = 0.25


class Exit(IntEnum):
    """The exit codes of `datafast-mock verify`."""

    HOLDS = 0
    BROKEN = 1
    USAGE = 2
    STOPPED = 3
    REFUSED = 4
    UNSEEN = 5
    BUG = 70


@dataclass(frozen=True, slots=True)
class Run:
    """The result of a run. `stopped` and `refused` say why it ended early; both are None if it did not."""

    base: str
    recording: Recording
    verdicts: Sequence[Verdict]
    seconds: float
    stopped: str | None = None
    refused: str | None = None
    unseen: str | None = None
    """The reason why less was observed than is required; None if everything required was observed."""
    mended: Sequence[str] = ()
    """The ids of clauses that are broken in the baseline and hold now."""
    left: Sequence[str] = ()
    """A sentence for each thing that the run has written and could not remove."""
    lost: Sequence[str] = ()
    """The ids of clauses that held in the baseline and were not observed now."""

    def of(self, outcome: Outcome) -> list[Verdict]:
        """Returns the verdicts that have the outcome."""
        return [verdict for verdict in self.verdicts if verdict.outcome is outcome]

    @property
    def exit(self) -> Exit:
        """The exit code for this result."""
        if self.of(Outcome.FAILED):
            return Exit.BUG
        if self.of(Outcome.BROKEN):
            return Exit.BROKEN
        if self.refused is not None:
            return Exit.REFUSED
        if self.stopped is not None:
            return Exit.STOPPED
        return Exit.UNSEEN if self.unseen is not None else Exit.HOLDS


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of a run: the requests to send, and the rules for judging the answers.

    Only the requests that `clauses` need are sent. The clauses with ids in `required` must be observed.
    """

    base: str
    credentials: Credentials
    clauses: Sequence[Clause]
    required: frozenset[str] = frozenset()
    revision: str | None = None
    limits: Limits = field(default_factory=Limits)
    wait: float = 0.0
    """The longest time to wait for a server that is starting, in seconds."""
    pause: float = PAUSE
    """The pause between polls, in seconds."""
    fuzz_examples: int = 0
    """The largest number of Schemathesis test cases for each operation; 0 for none."""
    may_write: bool = False
    """Whether requests that change something on the server may be sent."""
    contract: Document = field(default_factory=document)
    is_recorded: bool = False
    """Whether the run judges recorded traffic. Operations may be missing in it."""
    is_strict: bool = False
    is_thorough: bool = False
    """Whether further requests are sent, which are only needed after an unusual answer."""
    known: frozenset[str] = frozenset()
    """The ids of clauses that may be broken, because they are broken in the baseline."""
    held: frozenset[str] = frozenset()
    """The ids of clauses that were observed and not broken in the baseline."""


def verify(
    plan: Plan,
    tell: Callable[[str], None],
    progress: Callable[[Sequence[Exchange]], None],
    *,
    connect: Callable[..., Client] = Client,
) -> Run:
    """Sends the requests to the server and judges the answers.

    `tell` gets sentences for the user; `progress` gets all exchanges so far, each time that one is added.
    `connect` makes the client; it takes the same arguments as Client.
    """
    exchanges: list[Exchange] = []
    eras = Eras()

    def record(exchange: Exchange) -> None:
        exchanges.append(eras.of(exchange))
        progress(exchanges)

    stopped = refused = None
    left: list[str] = []
    begun = time.monotonic()
    wanted = [clause.id for clause in plan.clauses]
    probes = _probes_of(plan)
    limits = plan.limits.for_planned(most_of(probes))
    try:
        with closing(connect(plan.base, limits, tell, plan.credentials.mask())) as client:
            _wait(plan, tell, connect)
            asker = Asker(client, plan.credentials, plan.contract, record, wanted=wanted, pause=plan.pause)
            asker.is_thorough = plan.is_thorough
            try:
                ask_all(probes, asker)
            finally:
                left += _left(asker, plan, tell, connect)
        refused = _without_token(plan.credentials, exchanges)
        if plan.fuzz_examples:
            exchanges.extend(map(eras.of, fuzz(plan.base, plan.credentials, plan.fuzz_examples, plan.limits)))
            progress(exchanges)
    except StoppedError as error:
        stopped = str(error)
    except RefusedError as error:
        refused = str(error)
    except BaseException:
        # No report is written after an interrupt, so the sentences are told now.
        for sentence in left:
            tell(sentence)
        raise
    run = judged(plan, exchanges, begun, is_cut=stopped is not None)
    return replace(run, stopped=stopped, refused=refused, left=left)


def most_requests_of(plan: Plan) -> int:
    """Returns the largest number of requests that a plan needs."""
    return most_of(_probes_of(plan))


def _probes_of(plan: Plan) -> list[Probe]:
    wanted = [clause.id for clause in plan.clauses]
    return probes_for(plan.contract, plan.credentials, wanted, may_write=plan.may_write)


def _left(asker: Asker, plan: Plan, tell: Callable[[str], None], connect: Callable[..., Client]) -> list[str]:
    """Removes everything that the run has written.

    Returns a sentence for each thing that stays on the server.
    """
    if not asker.traces.left():
        return []
    limits = replace(plan.limits, requests=None)
    with closing(connect(plan.base, limits, tell, plan.credentials.mask())) as client:
        return clean_up(asker, client)


def _without_token(credentials: Credentials, exchanges: Iterable[Exchange]) -> str | None:
    """Returns a sentence if the run has no main token and no request succeeded; otherwise None."""
    token, _ = main_of(credentials)
    if token is not None or any(exchange.is_success for exchange in exchanges):
        return None
    if credentials.account:
        return "no website was given for the account token; give one with --website-id"
    return (
        "no key was given, and the server refuses requests without one; give one with --key or DATAFAST_KEY"
    )


def judged(plan: Plan, exchanges: Iterable[Exchange], begun: float, *, is_cut: bool = False) -> Run:
    """Judges exchanges from any source.

    `begun` is the start of the run on the monotonic clock, in seconds. `is_cut` tells that the run ended
    before all of its requests were sent.
    """
    recording = Recording(exchanges, plan.revision, plan.contract)
    verdicts = judge(recording, plan.clauses, strict=plan.is_strict, known=plan.known)
    if plan.is_recorded or is_cut:
        verdicts = _without_useless_options(verdicts, plan)
    return Run(
        base=plan.credentials.mask().text(plan.base),
        recording=recording,
        verdicts=verdicts,
        seconds=time.monotonic() - begun,
        unseen=next(_unseen(recording, verdicts, plan), None),
        mended=[v.clause.id for v in verdicts if v.clause.id in plan.known and v.outcome is Outcome.HOLDS],
        lost=[
            v.clause.id for v in verdicts if v.clause.id in plan.held and v.outcome is Outcome.NOT_OBSERVED
        ],
    )


def _wait(plan: Plan, tell: Callable[[str], None], connect: Callable[..., Client]) -> None:
    """Waits until the server answers a request, for at most `plan.wait` seconds.

    Any status is an answer, except for those with which a gateway says that the server is not there.
    """
    until = time.monotonic() + plan.wait
    while time.monotonic() < until:
        pass_on_interrupt()
        client = connect(plan.base, plan.limits, tell, plan.credentials.mask())
        with closing(client), suppress(StoppedError):
            if client.knock() not in GATEWAY:
                return
        time.sleep(_WAIT_STEP)


def _without_useless_options(verdicts: Iterable[Verdict], plan: Plan) -> list[Verdict]:
    """Returns the verdicts; none says any more that an option is needed that would not help.

    Recorded traffic needs no option but further traffic, and what a run could not send any more, it could
    have sent with the options that it has.
    """
    possible = [] if plan.is_recorded else _probes_of(plan)

    def told(verdict: Verdict) -> Verdict:
        if verdict.outcome is not Outcome.NOT_OBSERVED or not verdict.needs.option:
            return verdict
        if plan.is_recorded:
            return replace(verdict, why=Need("a recorded request such as the clause describes"))
        is_met = verdict.clause.needs.is_met_by(plan.credentials)
        if is_met and any(is_wanted(probe.serves, [verdict.clause.id]) for probe in possible):
            return replace(verdict, why=Need("the rest of the run, which ended early"))
        return verdict

    return list(map(told, verdicts))


def _unseen(recording: Recording, verdicts: Sequence[Verdict], plan: Plan) -> Iterator[str]:
    """Yields the reasons why a run observed less than is required, each without a full stop."""
    families = {family_of(verdict.clause.id) for verdict in verdicts}
    for operation in (family.operation for family in FAMILIES if family in families):
        if operation is not None and not recording.answers(operation):
            tried = [e.status for e in recording.exchanges if e.operation == operation]
            # Recorded traffic need not contain requests for every operation.
            if plan.is_recorded and not tried:
                continue
            lasting = f" (it answered {tried[-1]})" if tried else ""
            yield f"no successful answer of {operation} was seen{lasting}"
    if all(v.outcome in (Outcome.NOT_OBSERVED, Outcome.OTHER_REVISION) for v in verdicts):
        yield "no clause could be judged"
    for verdict in verdicts:
        if verdict.outcome is Outcome.NOT_OBSERVED and verdict.clause.id in plan.required:
            yield f"{verdict.clause.id} is required, but was not observed; needed: {verdict.needs}"
