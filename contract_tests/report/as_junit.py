"""The JUnit report for CI servers, in the form that Jenkins' schema describes.

Some readers of the format need a `time` for each case. Judging takes almost no time, so the case of the run
has the time of the whole run. No case has a `file`, because readers would search for the file in the server's
repository.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from contract_tests.families import family_of
from contract_tests.judging.run import Run
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.report.summary import TOLD, reason_of, started_at, tool
from contract_tests.report.words import curl_of, ground_of, places_of, plain, shortened

_SUITE = "datafast contract"
_LONGEST_LINE = 2000
_WHOLE = "Everything that is required was observed."


def junit_report(run: Run) -> str:
    """Returns a test suite with a case for each clause, and one for the run itself.

    A warning is a passed case with a note; a clause that was not observed is a skipped case. The case of the
    run is an error if less was observed than is required, so that a partial verdict does not look green.
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
    if run.left:
        note = ET.SubElement(case, "system-out")
        note.text = "\n".join(("left on the server:", *map(_line, run.left)))
    for verdict in run.verdicts:
        _add_case(suite, verdict)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _properties(run: Run) -> Iterator[tuple[str, str]]:
    yield "tool", " ".join(tool().values())
    yield "base", _line(run.base)
    yield "revision", run.recording.judged_by or "unknown"
    yield "answers", str(len(run.recording.exchanges))


def _add_case(suite: ET.Element, verdict: Verdict) -> None:
    clause = verdict.clause
    group, name = f"datafast.{family_of(clause.id).key}", f"{clause.id} {clause.sentence}"
    case = ET.SubElement(suite, "testcase", classname=group, name=name, time="0.000")
    if verdict.outcome is Outcome.BROKEN:
        problem, _ = places_of(verdict.violations)[0]
        failure = ET.SubElement(case, "failure", type="broken", message=problem)
        failure.text = "\n".join(_told(verdict))
    elif verdict.outcome in TOLD:
        note = ET.SubElement(case, "system-out")
        note.text = "\n".join((f"{verdict.outcome.value}:", *_told(verdict)))
    elif verdict.outcome is Outcome.FAILED:
        ET.SubElement(case, "error", type="bug", message=_line(verdict.bug))
    elif verdict.outcome is not Outcome.HOLDS:
        ET.SubElement(case, "skipped", message=_why_skipped(verdict))


def _why_skipped(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.OTHER_REVISION:
        return f"revision {verdict.clause.revision} only"
    return f"{verdict.outcome.value}; needed: {verdict.needs}"


def _told(verdict: Verdict) -> Iterator[str]:
    for problem, place in places_of(verdict.violations):
        yield f"{problem}, at {_line(place)}"
    yield ground_of(verdict.clause)
    yield _line(curl_of(verdict.violations[0].exchange))


def _line(text: str) -> str:
    return shortened(plain(text), _LONGEST_LINE)
