"""The golden files: they are up to date, described by their index, and valid by the document."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.contract.document import REVISIONS, load_document
from mock_server.errors import InputError
from mock_server.golden.answers import answers_of
from mock_server.golden.asking import UNKNOWN_TOKEN, Mock
from mock_server.golden.errors import errors_of
from mock_server.golden.folder import GENERATOR, INDEX, listed_in, write_folder
from mock_server.golden.making import LARGEST, Choice, make_files
from mock_server.golden.traits import TRAITS
from mock_server.instants import instant_of
from mock_server.options import DEFAULT_REVISION, DEFAULT_SEED
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import load_credentials
from mock_server.testing import RunningMock, running
from mock_server.world.site_files import load_sites
from tests.command import ended
from tests.credentials import bearer
from tests.instants import DOCUMENTED
from tests.node import NODE
from tests.quick import quick
from tests.schemas import strict_validator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "fixtures" / "golden"
PAGE = (ROOT / "docs" / "golden.md").read_text(encoding="utf-8")
STATUSES = {
    operation["operationId"]: frozenset(operation["responses"])
    for item in load_document()["paths"].values()
    for method, operation in item.items()
    if method == "get"
}
MAP = "getRealtimeMap"
RENEW = "fixtures/golden is not what the mock answers: run `make golden` and look at the difference"


def files_in(folder: Path) -> dict[str, bytes]:
    """Returns the content of every file by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def choice(**more: Any) -> Choice:
    """Returns a choice with the default seed and instant."""
    return Choice(DEFAULT_SEED, instant_of(DOCUMENTED), **more)


GOLDEN = files_in(FOLDER)
INDEXED = json.loads(GOLDEN[INDEX])
ROWS: list[dict[str, Any]] = INDEXED["files"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files that the command writes with an unusual hash seed, time zone and encoding."""
    folder = tmp_path_factory.mktemp("golden") / "new"
    environment = {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    result = ended("fixtures", "--out", str(folder), environment=environment)
    assert result.returncode == 0, result.stderr
    return files_in(folder)


@pytest.mark.long
def test_command_writes_the_files_that_are_checked_in(made: dict[str, bytes]) -> None:
    different = sorted(name for name in made.keys() | GOLDEN.keys() if made.get(name) != GOLDEN.get(name))

    assert different == [], RENEW


def test_index_describes_each_file_once_and_no_other() -> None:
    assert sorted([INDEX, *(row["path"] for row in ROWS)]) == sorted(GOLDEN)


def test_index_names_generator_seed_and_instant() -> None:
    made_of = {name: INDEXED[name] for name in ("generator", "seed", "instant")}

    assert made_of == {"generator": GENERATOR, "seed": 42, "instant": "2026-02-06T05:27:30.000Z"}
    assert {row["instant"] for row in ROWS} == {INDEXED["instant"]}


def test_every_row_says_the_use_of_its_file() -> None:
    assert [row["path"] for row in ROWS if not re.fullmatch(r"[A-Z].{15,}\.", row["goodFor"])] == []


def test_only_answers_without_visitors_are_called_empty() -> None:
    called = {row["path"] for row in ROWS if "the empty state" in row["goodFor"]}
    empty = {
        name for name, body in GOLDEN.items() if name != INDEX and _is_empty(json.loads(body).get("data"))
    }

    assert called == empty


def _is_empty(data: Any) -> bool:
    """Returns whether the data of an answer are no rows, a map without visitors, or a count of 0."""
    return data in ([], [{"visitors": 0}]) or (isinstance(data, dict) and data.get("visitors") == [])


def test_index_publishes_no_token_but_those_of_the_fixtures() -> None:
    tokens = {row["request"]["token"] for row in ROWS}
    sites = load_sites()

    assert tokens - {None} <= load_credentials(sites, load_accounts(sites)).keys()


def test_files_are_indented_json_that_hides_no_character() -> None:
    again = {
        name: (json.dumps(json.loads(body), ensure_ascii=False, indent=2) + "\n").encode()
        for name, body in GOLDEN.items()
    }

    assert [name for name, body in GOLDEN.items() if body != again[name]] == []


def test_all_of_it_is_small_enough_to_be_checked_in() -> None:
    assert sum(map(len, GOLDEN.values())) < 1_500_000


LISTED = [
    pytest.param(row["path"], revision, operation, row["status"], id=f"{row['path']} {operation} {revision}")
    for row in ROWS
    for revision in ([row["revision"]] if row["revision"] else REVISIONS)
    for operation in row["operationIds"]
    if str(row["status"]) in STATUSES[operation]
]


@pytest.mark.parametrize(("path", "revision", "operation", "status"), quick(LISTED, 120))
def test_body_fits_the_document_with_nothing_undocumented(
    path: str, revision: str, operation: str, status: int
) -> None:
    strict_validator(revision, operation, status).validate(json.loads(GOLDEN[path]))


UNDOCUMENTED = [row["path"] for row in ROWS if row["path"] not in {case.values[0] for case in LISTED}]


@pytest.mark.parametrize("path", UNDOCUMENTED)
def test_undocumented_errors_have_the_envelope_too(path: str) -> None:
    strict_validator(DEFAULT_REVISION, MAP, 400).validate(json.loads(GOLDEN[path]))


@pytest.mark.parametrize("operation", STATUSES)
@pytest.mark.parametrize("revision", REVISIONS)
def test_every_documented_status_has_a_file(revision: str, operation: str) -> None:
    rows = [row for row in ROWS if operation in row["operationIds"] and row["revision"] in (revision, None)]

    assert STATUSES[operation] - {str(row["status"]) for row in rows} == set()


REPEATABLE = [
    pytest.param(row, id=row["path"])
    for row in ROWS
    # A 429 is not compared, because it depends on the other requests of its key.
    if row["revision"] in (DEFAULT_REVISION, None) and row["status"] != 429
]


@pytest.fixture(scope="module")
def documented() -> Iterator[RunningMock]:
    """A mock at the instant of the files."""
    with running(now=DOCUMENTED, speed=0) as mock:
        yield mock


@pytest.mark.parametrize("row", quick(REPEATABLE, 40))
def test_running_mock_answers_a_row_with_its_file(
    documented: RunningMock, api: httpx2.Client, row: dict[str, Any]
) -> None:
    request = row["request"]
    token = UNKNOWN_TOKEN if request["credential"] == "unknown" else request["token"]
    url = documented.server + request["path"]

    reply = api.request(request["method"], url, headers=bearer(token) if token else {})

    assert (reply.status_code, reply.json()) == (row["status"], json.loads(GOLDEN[row["path"]]))
    assert {name: reply.headers.get(name) for name in row["headers"]} == row["headers"]


def test_limited_answer_tells_how_long_to_wait() -> None:
    row = next(row for row in ROWS if row["status"] == 429)

    assert row["headers"] == {
        "Content-Type": "application/json",
        "Retry-After": "30",
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1770355680000",
    }


@pytest.mark.parametrize("trait", [trait.name for trait in TRAITS])
def test_every_trait_is_somebodys(trait: str) -> None:
    assert [row for row in ROWS if row["path"].endswith(f"/getVisitor.{trait}.json")]


@pytest.mark.long
def test_errors_are_the_same_in_every_revision() -> None:
    first, *others = [
        {golden.path: golden.answer for golden in errors_of(Mock(7, revision, 0))} for revision in REVISIONS
    ]

    assert all(other == first for other in others)


@pytest.mark.long
def test_without_the_default_website_all_errors_are_there_still() -> None:
    files = make_files(choice(sites=("empty",)))

    assert [name for name in GOLDEN if name.startswith("errors/") and name not in files] == []


def test_too_large_maps_are_left_out_and_named_in_the_index() -> None:
    assert [row["path"] for row in INDEXED["leftOut"]] == [
        f"{revision}/launch_day/{MAP}.json" for revision in REVISIONS
    ]


@pytest.mark.long
def test_a_website_asked_for_by_name_comes_at_any_size() -> None:
    files = make_files(choice(sites=("launch_day",), revisions=("2026-06",)))

    assert len(files[f"2026-06/launch_day/{MAP}.json"]) > LARGEST
    assert json.loads(files[INDEX])["leftOut"] == []


def test_a_regular_before_the_first_visit_has_no_file() -> None:
    mock = Mock(DEFAULT_SEED, DEFAULT_REVISION, instant_of("2020-01-01T00:00:00Z"))

    paths = [golden.path for golden in answers_of(mock, mock.sites[0])]

    assert [path for path in paths if "regular" in path] == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        pytest.param(("--site", "nowhere"), "there is no 'nowhere'", id="unknown site"),
        pytest.param(("--revision", "2030-01"), "there is no '2030-01'", id="unknown revision"),
        pytest.param(("--now", "yesterday"), "'yesterday' is not an ISO 8601 instant", id="no instant"),
    ],
)
def test_command_refuses_in_one_line(tmp_path: Path, options: tuple[str, ...], problem: str) -> None:
    result = ended("fixtures", "--out", str(tmp_path / "new"), *options)

    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert problem in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"photo.jpg": "mine"}, id="no index"),
        pytest.param({"index.json": '{"files": []}'}, id="index of somebody else"),
        pytest.param({"index.json": "no JSON"}, id="index that is no JSON"),
    ],
)
def test_command_leaves_somebody_elses_folder_alone(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    result = ended("fixtures", "--out", str(tmp_path))

    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert files_in(tmp_path) == {name: text.encode() for name, text in files.items()}


def test_command_refuses_a_file_as_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    result = ended("fixtures", "--out", str(tmp_path / "file"))

    assert (result.returncode, (tmp_path / "file").read_text(encoding="utf-8")) == (2, "mine")


def index_of(*paths: str) -> bytes:
    """Returns an index that lists the given files."""
    return json.dumps({"generator": GENERATOR, "files": [{"path": path} for path in paths]}).encode()


def test_files_no_longer_made_are_removed_with_their_folder(tmp_path: Path) -> None:
    write_folder(
        tmp_path, {INDEX: index_of("a/b/old.json", "a/kept.json"), "a/b/old.json": b"", "a/kept.json": b""}
    )

    write_folder(tmp_path, {INDEX: index_of("a/kept.json"), "a/kept.json": b"new"})

    assert files_in(tmp_path) == {INDEX: index_of("a/kept.json"), "a/kept.json": b"new"}
    assert not (tmp_path / "a" / "b").exists()


def test_a_file_that_somebody_has_removed_already_is_no_error(tmp_path: Path) -> None:
    write_folder(tmp_path, {INDEX: index_of("a/old.json"), "a/old.json": b""})
    (tmp_path / "a" / "old.json").unlink()

    write_folder(tmp_path, {INDEX: index_of()})

    assert files_in(tmp_path) == {INDEX: index_of()}


def test_files_that_no_index_lists_are_kept(tmp_path: Path) -> None:
    write_folder(tmp_path, {INDEX: index_of("a/old.json"), "a/old.json": b""})
    (tmp_path / "a" / "notes.txt").write_bytes(b"mine")

    write_folder(tmp_path, {INDEX: index_of()})

    assert files_in(tmp_path) == {INDEX: index_of(), "a/notes.txt": b"mine"}


def test_a_file_in_the_way_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    write_folder(tmp_path, {INDEX: index_of()})
    (tmp_path / "new.json").write_bytes(b"mine")

    with pytest.raises(InputError, match=r"new\.json exists"):
        write_folder(tmp_path, {INDEX: index_of("new.json"), "new.json": b"ours"})

    assert files_in(tmp_path) == {INDEX: index_of(), "new.json": b"mine"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
@pytest.mark.parametrize(
    ("link", "target"),
    [
        pytest.param("a/kept.json", "mine/kept.json", id="file that is listed"),
        pytest.param("a/new.json", "mine/kept.json", id="file that is not"),
        pytest.param("a/new.json", "mine/nowhere.json", id="link that leads nowhere"),
        pytest.param("b", "mine", id="folder"),
        pytest.param("a/old.json", "mine/kept.json", id="file that would be removed"),
    ],
)
def test_nothing_is_written_or_removed_through_a_link(tmp_path: Path, link: str, target: str) -> None:
    ours, mine = tmp_path / "ours", tmp_path / "mine"
    write_folder(ours, {INDEX: index_of("a/kept.json", "a/old.json"), "a/kept.json": b"", "a/old.json": b""})
    mine.mkdir()
    (mine / "kept.json").write_bytes(b"mine")
    (ours / link).unlink(missing_ok=True)
    (ours / link).symlink_to(tmp_path / target)
    wanted = ["a/kept.json", "a/new.json", "b/kept.json"]

    with pytest.raises(InputError, match="exists, and datafast-mock did not write it; nothing was written"):
        write_folder(ours, {INDEX: index_of(*wanted), **dict.fromkeys(wanted, b"new")})

    assert files_in(mine) == {"kept.json": b"mine"}
    assert (ours / link).is_symlink()


def test_folder_in_place_of_a_file_is_reported(tmp_path: Path) -> None:
    write_folder(tmp_path, {INDEX: index_of("a.json"), "a.json": b""})
    (tmp_path / "a.json").unlink()
    (tmp_path / "a.json").mkdir()

    with pytest.raises(InputError, match=r"--out: .*a\.json: "):
        write_folder(tmp_path, {INDEX: index_of("a.json"), "a.json": b"new"})

    assert (tmp_path / "a.json").is_dir()


def test_second_name_of_a_file_of_ours_keeps_its_content(tmp_path: Path) -> None:
    write_folder(tmp_path, {INDEX: index_of("a.json"), "a.json": b"old"})
    (tmp_path / "mine.json").hardlink_to(tmp_path / "a.json")

    write_folder(tmp_path, {INDEX: index_of("a.json"), "a.json": b"new"})

    assert (tmp_path / "mine.json").read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_index_that_never_ends_is_none_of_ours(tmp_path: Path) -> None:
    for name in ("pipe", "device"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe" / INDEX)
    (tmp_path / "device" / INDEX).symlink_to("/dev/zero")

    for name in ("pipe", "device"):
        with pytest.raises(
            InputError, match=r"is not empty, and it has no index\.json that datafast-mock wrote"
        ):
            write_folder(tmp_path / name, {INDEX: index_of()})


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")

    with pytest.raises(InputError, match="file is not a folder; nothing was written"):
        write_folder(tmp_path / "file", {INDEX: index_of()})
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize("path", ["", ".", "..", "a/../..", "/x", "C:x", "..\\\\x", "a\\u0000b"])
def test_index_that_lists_foreign_files_removes_nothing(tmp_path: Path, path: str) -> None:
    (tmp_path / INDEX).write_text(f'{{"generator": "{GENERATOR}", "files": [{{"path": "{path}"}}]}}', "utf-8")

    assert listed_in(tmp_path) == {INDEX}


def test_an_edited_index_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_bytes(b"mine")
    write_folder(tmp_path / "ours", {INDEX: index_of("../outside.json", str(tmp_path / "outside.json"))})

    write_folder(tmp_path / "ours", {INDEX: index_of()})

    assert (tmp_path / "outside.json").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("language", "command"),
    [
        pytest.param("python", [sys.executable, "-W", "error"], id="Python"),
        pytest.param("ts", [str(NODE)], id="TypeScript"),
    ],
)
def test_example_on_the_page_runs(tmp_path: Path, language: str, command: list[str]) -> None:
    snippet = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[0]
    script = tmp_path / f"example.{language.replace('ts', 'mts')}"
    script.write_text(snippet, encoding="utf-8")

    result = subprocess.run([*command, script], capture_output=True, text=True, cwd=ROOT, check=False)

    assert result.returncode == 0, result.stderr
