"""The benchmarks: their counts, the output of their load generator, and the page that they write."""

import re
import sys
import time
from pathlib import Path

import pytest

from benchmarks.bare import Answer
from benchmarks.client import answer_times, post_all
from benchmarks.figures import (
    Bound,
    Gap,
    Row,
    Spread,
    ambition,
    at_least,
    at_most,
    percentile,
    ratios,
    spread_of,
)
from benchmarks.load import Fallback, LoadError, Sample, Target, oha_sample, wrk_sample
from benchmarks.page import PAGE, section, with_section
from benchmarks.peers import PeerError, serving
from benchmarks.plan import Plan
from benchmarks.servers import REALTIME, bare_reader, bare_uvicorn, captured, processor_seconds, target
from benchmarks.table import number, summary, table
from benchmarks.ticks import CROWDS, Crowd, Refresh, cost_of, site_of
from mock_server.testing import RunningMock
from tests.timing import assert_once

WRK = """\
Running 2s test @ http://127.0.0.1:8484/api/v1/analytics/realtime
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   612.11us  104.90us   5.43ms   92.19%
    Req/Sec    52.50k     1.33k   54.40k    80.00%
  Latency Distribution
     50%  590.00us
     75%  620.00us
     90%  690.00us
     99%    1.06ms
  104488 requests in 2.00s, 31.09MB read
Requests/sec:  52241.07
Transfer/sec:     15.54MB
"""
OHA = """{
  "summary": {"successRate": 1.0, "total": 2.0, "requestsPerSec": 40123.5},
  "latencyPercentiles": {"p50": 0.0007, "p99": 0.0021},
  "statusCodeDistribution": {"200": 80247},
  "errorDistribution": {"aborted due to deadline": 32}
}"""
MET = Row("realtime", Spread(0.91, 0.9, 0.93), "×", at_least(0.85), "47,000 of 52,000 answers/s")
MISSED = Row("tick", Spread(21.04, 19.5, 30), "ms", at_most(20))
TOLD = Row("growth", Spread(3.2, 3.2, 3.2), "MB")
GAP = Gap("realtime ÷ Prism", "@stoplight/prism-cli is not installed")


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        pytest.param([3.0], (3, 3, 3), id="one"),
        pytest.param([5.0, 1.0, 9.0], (5, 1, 9), id="odd, in no order"),
        pytest.param([1.0, 2.0, 4.0, 9.0], (3, 1, 9), id="even"),
    ],
)
def test_spread_is_median_lowest_and_highest(values: list[float], spread: tuple[float, float, float]) -> None:
    assert spread_of(values) == spread


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([50, 90, 20], [100, 100, 80]) == Spread(0.5, 0.25, 0.9)


def test_ratios_of_unequally_many_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([50, 90], [100])


def test_percentile_leaves_the_latest_out() -> None:
    assert percentile(list(range(1, 1001)), 99) == pytest.approx(990.99)


@pytest.mark.parametrize(
    ("bound", "value", "holds"),
    [
        pytest.param(at_least(0.85), 0.85, True, id="just enough"),
        pytest.param(at_least(0.85), 0.84, False, id="too little"),
        pytest.param(at_most(2), 2.0, True, id="just not too much"),
        pytest.param(at_most(2), 2.1, False, id="too much"),
    ],
)
def test_bound(bound: Bound, value: float, holds: bool) -> None:
    assert bound.holds(value) is holds


def test_wrk_is_read() -> None:
    assert wrk_sample(WRK) == Sample(52_241.07, 1.06, 104_488)


@pytest.mark.parametrize(
    ("told", "milliseconds"),
    [("990.00us", 0.99), ("12.50ms", 12.5), ("1.20s ", 1_200), ("1.00m ", 60_000)],
)
def test_wrk_is_read_in_any_unit(told: str, milliseconds: float) -> None:
    output = WRK.replace("  1.06ms", f"  {told}")

    assert wrk_sample(output).p99 == pytest.approx(milliseconds)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param("  Non-2xx or 3xx responses: 104488\n", id="refused"),
        pytest.param("  Socket errors: connect 0, read 0, write 0, timeout 3\n", id="late"),
    ],
)
def test_errors_of_wrk_are_not_a_sample(trouble: str) -> None:
    with pytest.raises(LoadError, match=re.escape(trouble.strip())):
        wrk_sample(WRK.replace("Requests/sec", f"{trouble}Requests/sec"))


def test_unreadable_output_of_wrk_is_not_a_sample() -> None:
    with pytest.raises(LoadError, match="nothing that can be read"):
        wrk_sample("usage: wrk <options> <url>")


def test_oha_is_read() -> None:
    sample = oha_sample(OHA)

    assert sample == pytest.approx((40_123.5, 2.1, 80_247))


def test_other_statuses_of_oha_are_not_a_sample() -> None:
    with pytest.raises(LoadError, match="401"):
        oha_sample(OHA.replace('"200": 80247', '"200": 80000, "401": 247'))


@pytest.mark.parametrize(
    ("value", "text"),
    [(52_241.07, "52,241"), (101.5, "102"), (14.28, "14.3"), (0.8512, "0.85"), (0.0, "0.00")],
)
def test_number_has_three_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text


def test_table_has_a_line_for_each_row() -> None:
    head, rule, *lines = table([MET, MISSED, TOLD, GAP]).splitlines()

    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines] == [
        ["realtime", "0.91 ×", "0.90 – 0.93", "≥ 0.85", "met", "47,000 of 52,000 answers/s"],
        ["tick", "21.0 ms", "19.5 – 30.0", "≤ 20", "**not met**", ""],
        ["growth", "3.20 MB", "", "", "", ""],
        ["realtime ÷ Prism", "–", "–", "–", "not measured", "@stoplight/prism-cli is not installed"],
    ]
    assert {len(line) for line in (head, rule, *lines)} == {len(head)}


def test_ambition_is_not_called_unmet() -> None:
    row = Row("realtime ÷ nginx", Spread(0.6, 0.6, 0.6), "×", ambition(1))

    assert "not reached" in table([row])


def test_summary_names_unmet_bounds() -> None:
    assert summary([MET, MISSED, TOLD, GAP]) == "1 of 2 bounds met; not: tick."


def test_summary_leaves_ambitions_aside() -> None:
    row = Row("realtime ÷ nginx", Spread(0.6, 0.6, 0.6), "×", ambition(1))

    assert summary([MET, row]) == "1 of 1 bounds met."


def test_section_is_written_between_its_marks_and_again_without_a_change() -> None:
    page = "# Page\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\n<!-- b: begin -->\n<!-- b: end -->\n"

    once = with_section(page, "a", section([MET], ["2026-02-06.", "Two cores."]))
    twice = with_section(once, "a", section([MET], ["2026-02-06.", "Two cores."]))

    assert once == twice
    assert "old" not in once
    assert once.startswith("# Page\n\n<!-- a: begin -->\n\n|")
    assert once.endswith("Two cores.\n\n<!-- a: end -->\n\n<!-- b: begin -->\n<!-- b: end -->\n")


def test_section_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="a: begin"):
        with_section("# Page\n", "a", "text")


@pytest.mark.parametrize("name", ["make bench", "make bench-peers"])
def test_page_has_a_place_for_each_command(name: str) -> None:
    assert with_section(PAGE.read_text(encoding="utf-8"), name, "found").count("\nfound\n") == 1


def test_cost_of_a_tick_is_split_into_changes_and_crowd() -> None:
    refreshes = [Refresh(step, 5 + 0.25 * step * 10, 1, step * 10, 5_000) for step in (1, 2, 4, 8)]

    assert cost_of(refreshes) == pytest.approx((0.25, 5))


@pytest.mark.long
def test_rounds_of_mock_and_bare_uvicorn_alternate_and_answer_the_same(mock: RunningMock) -> None:
    ours = target(mock.server, REALTIME)
    answer = captured(ours)
    plan = Plan(Fallback(), rounds=1, seconds=0.5, warm=0.1)

    with bare_uvicorn(answer) as server:
        bare = target(server, REALTIME)
        again = captured(bare)
        # On a busy machine half a second may be too short.
        assert_once(lambda: _full_samples(plan, {"mock": ours, "bare": bare}), {"mock": 1, "bare": 1})

    assert again == answer


def _full_samples(plan: Plan, targets: dict[str, Target]) -> dict[str, int]:
    """Returns how many samples of each server have an answer on each of the 32 connections."""
    return {
        name: sum(sample.answers >= 32 and sample.p99 > 0 for sample in taken)
        for name, taken in plan.interleaved(targets).items()
    }


def test_client_stops_at_another_status(mock: RunningMock) -> None:
    with pytest.raises(LoadError, match="401"):
        Fallback().measure(Target(mock.server + REALTIME), 0.1)


def test_client_needs_the_length_of_an_answer() -> None:
    with (
        bare_uvicorn(Answer(200, [], b"{}")) as server,
        pytest.raises(ValueError, match="without Content-Length"),
    ):
        answer_times(f"{server}/", {}, 1, 0.1)


def test_posting_client_sends_each_body_once() -> None:
    answer = Answer(200, [(b"content-length", b"2")], b"{}")
    with bare_reader(answer) as (server, pid):
        before = processor_seconds(pid)
        post_all(f"{server}/", {}, 3, [b"{}" for _ in range(1_000)])
        assert processor_seconds(pid) > before


def test_posting_client_refuses_an_answer_that_is_not_ok() -> None:
    with (
        bare_reader(Answer(500, [(b"content-length", b"2")], b"{}")) as (server, _),
        pytest.raises(ValueError, match="500"),
    ):
        post_all(f"{server}/", {}, 1, [b"{}"])


def test_peer_ends_with_all_that_it_started(tmp_path: Path) -> None:
    server = f"{sys.executable} -m http.server --bind 127.0.0.1"
    (tmp_path / "file").write_bytes(b"{}")

    with serving(lambda asked: ["sh", "-c", f"{server} {asked.port}; true"], "/file", b"", tmp_path) as peer:
        before = captured(peer)

    assert before.body == b"{}"
    assert is_gone(peer, within=60)


def test_peer_that_does_not_start_tells_its_last_line(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo first; echo; echo 'no such module'; exit 1"]

    with (
        pytest.raises(PeerError, match=r"^no such module$"),
        serving(lambda _asked: command, REALTIME, b"", tmp_path),
    ):
        pass


def is_gone(peer: Target, *, within: float) -> bool:
    """Returns whether a server stops listening within some seconds, since its last child may end late."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            captured(peer)
        except ConnectionRefusedError:
            return True
        except OSError:
            time.sleep(0.05)
    return False


@pytest.mark.parametrize("crowd", CROWDS, ids=lambda crowd: f"{crowd.site} {crowd.online}")
def test_a_site_with_more_visitors_is_valid(crowd: Crowd) -> None:
    with site_of(crowd) as site:
        assert crowd.online in (None, site.online)
