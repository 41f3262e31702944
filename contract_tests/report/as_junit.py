"""The JUnit report for CI servers, in the form that Jenkins' schema describes.

Some readers of the format need a `time` for each case. Judging takes almost no time, so the case of the run
has the time of the whole run. No case has a `file`, because readers would search for the file in the server's
repository.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.families import family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.summary import TOLD, lacking_of, lacking_told, need_of, reason_of, started_at, tool
from contract_tests.report.words import curl_of, ground_of, place_of, places_of, plain, shortened

_SUITE = "datafast contract"
_LONGEST_LINE = 2000
_WHOLE = "Everything that is required was observed."


def junit_report(run: Run) -> str:
    """Returns a test suite with a case for each clause, and one for the run itself.

    A warning is a passed case with a note; a clause that was not observed is a skipped case. The case of the
    run is an error if less was observed than is required, so that a partial verdict does not look green. It
    also lists the operations that the server does not have, if there are several.
    """
    reason, began = reason_of(run), started_at(run)
    skipped = len(run.of(Outcome.NOT_OBSERVED)) + len(run.of(Outcome.OTHER_REVISION))
    suite = ET.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(run.verdicts) + 1),
        failures=str(len(run.of(Outcome.BROKEN))),
        errors=str(len(run.of(Outcome.FAILED)) + (reason is not None)),
        skipped=str(skipped),
        time=f"{run.seconds:.3f}",
    )
    if began is not None:
        suite.set("timestamp", began.strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run):
        ET.SubElement(properties, "property", name=name, value=value)
    case = ET.SubElement(suite, "testcase", classname="datafast.run", name=_WHOLE, time=suite.attrib["time"])
    if reason is not None:
        ET.SubElement(case, "error", type="partial", message=_line(reason))
    lacking = lacking_of(run)
    notes = [*_left(run), *_lacking(lacking)]
    if notes:
        ET.SubElement(case, "system-out").text = "\n".join(notes)
    lacked = {verdict.clause.id for verdict in lacking}
    for verdict in run.verdicts:
        told = _told_missing(verdict) if verdict.clause.id in lacked else _told(verdict)
        _add_case(suite, verdict, told, need_of(run, verdict))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _properties(run: Run) -> Iterator[tuple[str, str]]:
    yield "tool", " ".join(tool().values())
    yield "base", _line(run.base)
    yield "revision", run.recording.judged_by or "unknown"
    yield "answers", str(len(run.recording.exchanges))


def _left(run: Run) -> Iterator[str]:
    if run.left:
        yield "left on the server:"
        yield from map(_line, run.left)


def _lacking(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yields a line for each operation that the server does not have."""
    if verdicts:
        yield f"{lacking_told(verdicts)}:"
    for verdict in verdicts:
        yield f"{verdict.clause.id}: {_line(place_of(verdict.violations[0]))}"


def _add_case(suite: ET.Element, verdict: Verdict, told: Iterable[str], need: str) -> None:
    """Adds the case of a clause: `told` are the lines about its violations, `need` what would observe it."""
    clause = verdict.clause
    group, name = f"datafast.{family_of(clause.id).key}", f"{clause.id} {clause.sentence}"
    case = ET.SubElement(suite, "testcase", classname=group, name=name, time="0.000")
    if verdict.outcome is Outcome.BROKEN:
        problem, _ = places_of(verdict.violations)[0]
        failure = ET.SubElement(case, "failure", type="broken", message=problem)
        failure.text = "\n".join(told)
    elif verdict.outcome in TOLD:
        note = ET.SubElement(case, "system-out")
        note.text = "\n".join((f"{verdict.outcome.value}:", *told))
    elif verdict.outcome is Outcome.FAILED:
        ET.SubElement(case, "error", type="bug", message=_line(verdict.bug))
    elif verdict.outcome is not Outcome.HOLDS:
        ET.SubElement(case, "skipped", message=_why_skipped(verdict, need))


def _why_skipped(verdict: Verdict, need: str) -> str:
    if verdict.outcome is Outcome.OTHER_REVISION:
        return f"revision {verdict.clause.revision} only"
    return f"{verdict.outcome.value}; needed: {need}"


def _told(verdict: Verdict) -> Iterator[str]:
    for problem, place in places_of(verdict.violations):
        yield f"{problem}, at {_line(place)}"
    yield ground_of(verdict.clause)
    yield _line(curl_of(verdict.violations[0].exchange))


def _told_missing(verdict: Verdict) -> Iterator[str]:
    """Yields what is told of an operation that the server does not have."""
    violation = verdict.violations[0]
    yield f"the server does not have this operation: {_line(place_of(violation))}"
    yield _line(curl_of(violation.exchange))


def _line(text: str) -> str:
    return shortened(plain(text), _LONGEST_LINE)
