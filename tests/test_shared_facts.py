"""Facts that two parts state separately, because neither may import the other: they must agree."""

import re

from contract_tests import recording
from contract_tests.asking import own_mock
from contract_tests.asking.probes import PAUSE
from contract_tests.commands.verify import REPORTS, verify
from contract_tests.report.files import WRITERS
from contract_tests.report.targets import MARKS
from mock_server.console.files import STATIC
from mock_server.contract.document import REVISIONS
from mock_server.instants import DOCUMENTED
from mock_server.options import DEFAULT_REVISION


def _script(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def test_the_kit_knows_the_same_revisions() -> None:
    assert (recording.REVISION_2026_02, recording.REVISION_2026_06) == REVISIONS


def test_the_default_revision_is_one_of_them() -> None:
    assert DEFAULT_REVISION in REVISIONS


def test_the_console_offers_every_revision() -> None:
    table = re.search(r"const REVISIONS = \{(.*?)\n\};", _script("switches.js"), re.DOTALL)

    assert table is not None
    assert tuple(re.findall(r'^\t"(.+?)":', table[1], re.MULTILINE)) == REVISIONS


def test_the_console_names_an_existing_revision_without_pages() -> None:
    named = re.search(r'const WITHOUT_PAGES = "(.+?)";', _script("feed.js"))

    assert named is not None
    assert named[1] in REVISIONS


def test_the_kit_starts_the_mock_at_the_documented_instant() -> None:
    assert own_mock.INSTANT == DOCUMENTED


def test_the_default_pause_is_that_of_the_probes() -> None:
    # The command `verify` repeats the pause, because its help must not import the modules that send requests.
    assert next(option.default for option in verify.params if option.name == "pause") == PAUSE


def test_each_format_of_a_report_can_be_asked_for_written_and_recognized() -> None:
    # The command `verify` repeats the formats, because its help must not import the modules that write them.
    assert tuple(WRITERS) == REPORTS
    assert MARKS.keys() == {*REPORTS, "har"}
