"""The command `datafast-mock`: its options, its output, and that it always answers the same."""

import json
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_server.assets import CONTRACT
from mock_server.contract.document import REVISION_2026_06, REVISIONS
from mock_server.testing import running
from mock_server.world.site_files import load_sites
from tests.command import address_of, banner_of, ended, serving, started
from tests.credentials import DEMO, bearer
from tests.instants import PRESENT
from tests.ports import port_to_take
from tests.quick import quick
from tests.schemas import strict_validator
from tests.starting import (
    ANOTHER_DOCUMENT,
    API,
    FROZEN,
    MAP,
    OWN_DOCUMENT,
    OWN_SITES,
    QUIET,
    QUIET_ID,
    REALTIME,
    WAYS,
    Given,
    Mock,
    Way,
    mock_of,
    text_at,
)

# One millisecond later another second begins, so answers would differ if time were not frozen.
JUST_BEFORE = "2026-02-06T05:27:29.999Z"
CHOSEN = {
    "seed": ["7"],
    "site": ["shop"],
    "revision": [REVISION_2026_06],
    "now": [JUST_BEFORE],
    "freeze": [],
    "any-key": [],
}


@pytest.fixture(scope="module")
def plain() -> Iterator[Mock]:
    """A mock without options, apart from a free port."""
    with ExitStack() as stack:
        yield mock_of(Given(["--port", "0"], PRESENT), stack)


@pytest.fixture(scope="module", params=WAYS)
def chosen(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A mock with another world than the default, on a chosen port."""
    way: Way = request.param
    with port_to_take() as port, ExitStack() as stack:
        yield mock_of(way({**CHOSEN, "port": [str(port)]}), stack)


@pytest.fixture(scope="module", params=quick(WAYS, 1))
def extended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """A mock with further sites and documents, and a fast clock."""
    way: Way = request.param
    folder = tmp_path_factory.mktemp("own")
    for name, website in OWN_SITES.items():
        (folder / name).mkdir()
        (folder / name / f"{name}.yaml").write_text(QUIET.replace(QUIET_ID, website), encoding="utf-8")
    (folder / "own.yaml").write_text(OWN_DOCUMENT, encoding="utf-8")
    (folder / "another.json").write_text(json.dumps(ANOTHER_DOCUMENT), encoding="utf-8")
    options = {
        "port": ["0"],
        "speed": ["60"],
        "sites": [str(folder / "nook"), str(folder / "cranny")],
        "openapi": [str(folder / "own.yaml"), str(folder / "another.json")],
    }
    with ExitStack() as stack:
        yield mock_of(way(options), stack)


def test_banner_names_address_revision_and_seed(plain: Mock) -> None:
    assert "revision 2026-02" in plain.banner[0]
    assert "seed 42" in plain.banner[0]
    assert text_at(plain.banner, "API").split()[1] == str(plain.client.base_url).rstrip("/") + API


def test_banner_names_the_key_of_every_site_once(plain: Mock) -> None:
    keys = [line.split()[0] for line in plain.banner if line.startswith("  df_")]

    assert keys == [f"df_{name}" for name in load_sites()]
    assert "df_test" in text_at(plain.banner, "df_demo ")


@pytest.mark.long
def test_banner_escapes_what_turns_the_text_around(tmp_path: Path) -> None:
    turned = 'description: "A \\u202eshop"'
    own = re.sub("(?m)^description: .*", lambda _: turned, QUIET.replace(QUIET_ID, OWN_SITES["nook"]))
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")

    with started("--port", "0", "--sites", str(tmp_path)) as process:
        lines = banner_of(process)

    assert text_at(lines, "df_own ").split()[1:] == ["A", r"\u202eshop"]


def test_banner_ends_with_the_address_for_programs(plain: Mock) -> None:
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*", plain.banner[-1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_line_of_the_banner_answers(plain: Mock) -> None:
    command = shlex.split(text_at(plain.banner, "curl "))

    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(result.stdout)["status"] == "success"


def test_without_options_it_is_the_present(plain: Mock) -> None:
    instant = datetime.fromisoformat(plain.world()["instant"])

    assert abs((datetime.now(UTC) - instant).total_seconds()) < 5


@pytest.mark.long
def test_banner_can_be_printed_where_the_encoding_lacks_its_characters(anywhere: httpx2.Client) -> None:
    with serving(environment={"PYTHONIOENCODING": "latin-1"}) as url:
        reply = anywhere.get(f"{url}/__mock/health")

    assert reply.status_code == 200


def test_chosen_port_seed_revision_and_instant_are_used(chosen: Mock) -> None:
    world = chosen.world()

    assert (world["seed"], world["revision"]) == (7, REVISION_2026_06)
    assert world["instant"] == "2026-02-06T05:27:29.000Z"
    assert "frozen" in chosen.banner[0]


def test_chosen_site_is_the_site_of_df_test(chosen: Mock) -> None:
    assert chosen.get(MAP).content == chosen.get(MAP, "df_shop").content
    assert chosen.get(MAP).content != chosen.get(MAP, "df_demo").content


def test_chosen_revision_is_answered_by(chosen: Mock) -> None:
    strict_validator(REVISION_2026_06, "getRealtimeMap", 200).validate(chosen.get(MAP).json())


def test_command_and_mock_in_process_answer_the_same(chosen: Mock, anywhere: httpx2.Client) -> None:
    with running(seed=7, site="shop", revision=REVISION_2026_06, now=JUST_BEFORE, speed=0) as mock:
        reply = anywhere.get(f"{mock.url}/analytics/realtime/map", headers=bearer(mock.key))

    assert chosen.get(MAP).content == reply.content


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param("df_whatever", 200, id="website key"),
        pytest.param("dft_whatever", 200, id="account token"),
        pytest.param("df_" + "x" * 200, 200, id="longest"),
        pytest.param("df_" + "x" * 201, 401, id="too long"),
        pytest.param("df_", 401, id="nothing behind the prefix"),
        pytest.param("dfx_whatever", 401, id="another prefix"),
        pytest.param("df_what.ever", 401, id="another character"),
        pytest.param("df_what ever", 401, id="two words"),
    ],
)
def test_any_key_accepts_well_formed_keys(chosen: Mock, token: str, status: int) -> None:
    reply = chosen.get(f"{REALTIME}?websiteId={DEMO}", token)

    assert reply.status_code == status, reply.text


def test_speed_60_makes_a_minute_of_a_second(extended: Mock) -> None:
    earliest, before, latest = time.monotonic(), extended.world()["instant"], time.monotonic()
    time.sleep(0.5)

    least = time.monotonic() - latest
    after = extended.world()["instant"]
    most = time.monotonic() - earliest
    passed = (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds()
    # Both instants may be rounded to a tick, so two seconds are allowed.
    assert 60 * least - 2 <= passed <= 60 * most + 2


@pytest.mark.parametrize(("name", "website"), OWN_SITES.items(), ids=OWN_SITES)
def test_file_in_a_further_folder_is_a_site_with_a_key(extended: Mock, name: str, website: str) -> None:
    sites = extended.client.get("/__mock/sites").json()["sites"]

    assert {site["key"]: site["websiteId"] for site in sites}[f"df_{name}"] == website
    assert text_at(extended.banner, f"df_{name} ")
    assert extended.get(REALTIME, f"df_{name}").status_code == 200
    assert extended.get(f"{REALTIME}?websiteId={website}", "dft_test").status_code == 200


def test_operation_of_a_further_document_answers_its_example(extended: Mock) -> None:
    reply = extended.get(f"{API}/goals")

    assert (reply.status_code, reply.json()) == (200, {"data": ["signup"]})
    assert reply.headers["X-DataFast-Mock-Example"] == "listGoals"


def test_operation_without_a_body_answers_its_status(extended: Mock) -> None:
    reply = extended.client.post("/teams")

    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["X-DataFast-Mock-Example"] == "makeTeam"


def test_beside_further_documents_the_world_still_answers(extended: Mock) -> None:
    reply = extended.get(REALTIME)

    assert reply.json()["status"] == "success"
    assert "X-DataFast-Mock-Example" not in reply.headers


@pytest.mark.parametrize("way", quick(WAYS, 1))
def test_log_has_a_line_for_each_request_and_no_token(way: Way, anywhere: httpx2.Client) -> None:
    given = way({"log": ["requests"], "port": ["0"]})
    tokens = ["df_test", "dft_test", "df_secret"]

    with started(*given.options, stderr=subprocess.PIPE, environment=given.environment) as process:
        url = address_of(process)
        asked = f"{url}{REALTIME}?websiteId={DEMO}"
        replies = [anywhere.get(asked, headers=bearer(token)) for token in tokens]
        replies.append(anywhere.get(f"{url}{REALTIME}?a=%2Cdf_s%65cret&b=dft%5Ftest&c=df%5Cu005fsecret"))
        process.terminate()
        _, log = process.communicate(timeout=30)

    queries = [f"websiteId={DEMO}"] * len(tokens) + ["a=%2Cdf_***&b=dft_***&c=df_***"]
    requests = [
        f"{reply.status_code} GET {REALTIME}?{query}" for reply, query in zip(replies, queries, strict=True)
    ]
    assert [" ".join(line.split()[:3]) for line in log.splitlines()] == requests
    assert not any(token in log for token in tokens)


@pytest.mark.long
def test_log_says_what_was_wrong_with_a_request_that_cannot_be_read() -> None:
    with started("--log", "requests", "--port", "0", stderr=subprocess.PIPE) as process:
        url = urlsplit(address_of(process))
        with socket.create_connection((url.hostname, url.port), timeout=30) as sock:
            sock.sendall(b"\x16\x03\x01")
            assert b"https" in b"".join(iter(lambda: sock.recv(10_000), b""))
        process.terminate()
        _, log = process.communicate(timeout=30)

    assert re.fullmatch(r"400 \(.* use http:// instead of https://\.\) [\d.]+ ms\n", log)


@pytest.mark.long
@pytest.mark.parametrize("revision", [None, *(pytest.param(revision) for revision in REVISIONS)])
def test_spec_prints_a_valid_document_in_both_formats(revision: str | None) -> None:
    options = [] if revision is None else ["--revision", revision]

    as_yaml = ended("spec", *options)
    as_json = ended("spec", "--format", "json", *options)

    assert (as_yaml.returncode, as_json.returncode) == (0, 0)
    assert (as_yaml.stderr, as_json.stderr) == ("", "")
    document = json.loads(as_json.stdout)
    assert yaml.safe_load(as_yaml.stdout) == document
    OpenAPIV31SpecValidator(document).validate()


def test_spec_is_utf_8_whatever_the_terminal_speaks() -> None:
    result = ended("spec", environment={"PYTHONIOENCODING": "latin-1"})

    assert result.returncode == 0, result.stderr
    assert result.stdout == CONTRACT.read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("revision", REVISIONS)
def test_same_arguments_give_the_same_bytes_at_once_and_after_a_restart(
    anywhere: httpx2.Client, revision: str
) -> None:
    options = (*FROZEN, "--revision", revision)
    elsewhere = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "1"}

    with serving(*options) as url, serving(*options, environment=elsewhere) as twin:
        paths = _paths_to_compare(anywhere, url)
        bodies = [_body(anywhere, url, path) for path in paths]
        # The reverse order shows that earlier requests do not matter.
        twin_bodies = [_body(anywhere, twin, path) for path in reversed(paths)]
    with serving(*options) as url:
        bodies_after_restart = [_body(anywhere, url, path) for path in paths]

    assert len(bodies) == 5
    assert bodies == twin_bodies[::-1]
    assert bodies == bodies_after_restart


def _paths_to_compare(anywhere: httpx2.Client, url: str) -> list[str]:
    """Returns the paths of the counter, the map and the profiles of the map's first three visitors."""
    visitors = json.loads(_body(anywhere, url, MAP))["data"]["visitors"][:3]
    return [REALTIME, MAP, *(f"{API}/visitors/{visitor['visitorId']}" for visitor in visitors)]


def _body(anywhere: httpx2.Client, url: str, path: str) -> bytes:
    reply = anywhere.get(url + path, headers=bearer("df_test"))
    assert reply.status_code == 200, reply.text
    return reply.content
