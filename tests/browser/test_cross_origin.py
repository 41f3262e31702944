"""Pages of other origins: they can read the API, but cannot use the controls."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page

from tests.browser.visit import Complaints
from tests.command import serving
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import DOCUMENTED
from tests.quick import quick

DATE = "Fri, 06 Feb 2026 05:27:30 GMT"
LIMITS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
REALTIME = "/analytics/realtime"
UNKNOWN_VISITOR = "/visitors/00000000-0000-4000-8000-000000000000"
# A key that an attack might change or delete, and one that an attack might mint.
VICTIM = "df_victim"
PLANTED = "df_planted"

# Sends requests one after another, and returns what the page can read of each answer, or the error.
ASK = """async (questions) => {
  const ask = async ({ url, ...options }) => {
    const reply = await fetch(url, { ...options, signal: AbortSignal.timeout(60_000) });
    const text = await reply.text();
    const headers = Object.fromEntries(reply.headers);
    return { status: reply.status, headers, body: text && JSON.parse(text) };
  };
  const replies = [];
  for (const question of questions) replies.push(await ask(question).catch(String));
  return replies;
}"""
# The tools of an attacker. A form's answer goes to a frame, so that the page stays open.
TOOLS = """
  const add = (tag, attributes) =>
    document.body.appendChild(Object.assign(document.createElement(tag), attributes));
  const submit = (path, enctype, name, value) => {
    add("iframe", { name: "answer" });
    const form = add("form", { action: mock + path, method: "post", enctype, target: "answer" });
    form.append(Object.assign(document.createElement("input"), { name, value }));
    form.submit();
  };
  const post = (path, body, headers) =>
    void fetch(mock + path, { method: "POST", mode: "no-cors", body, headers });
  const json = new Blob(["{}"], { type: "application/json" });
"""


class Server(NamedTuple):
    """A mock at `http://127.0.0.1:…`, and the file of its request log."""

    url: str
    log: Path

    @property
    def api(self) -> str:
        """The base of the API."""
        return f"{self.url}/api/v1"

    def count(self, answer: str) -> int:
        """Returns how often the request log contains `answer`, such as `403 POST /__mock/reset`."""
        return self.log.read_text(encoding="utf-8").count(f"{answer} ")

    def wait_for(self, answer: str, count: int) -> None:
        """Waits until the request log contains `answer` at least `count` times."""
        end = time.monotonic() + 60
        while self.count(answer) < count:
            assert time.monotonic() < end, f"{answer!r} is missing in\n{self.log.read_text('utf-8')[-1000:]}"
            time.sleep(0.02)


class Question(NamedTuple):
    """A request to the controls."""

    method: str
    path: str
    body: str | None = None


CHANGES = (
    Question("POST", "/keys", f'{{"key": "{PLANTED}"}}'),
    Question("PUT", "/clock", '{"advance": 60000}'),
    Question("PUT", f"/clock?key={VICTIM}", '{"speed": 60}'),
    Question("PUT", "/settings", "{}"),
    Question("PATCH", f"/settings?key={VICTIM}", '{"site": "empty"}'),
    Question("DELETE", "/requests?key=df_test"),
    Question("DELETE", f"/keys/{VICTIM}"),
    Question("POST", "/reset", "{}"),
)
READS = (
    Question("GET", "/keys/df_test"),
    Question("GET", "/clock"),
    Question("GET", "/settings"),
    Question("GET", "/requests?key=df_test"),
    Question("POST", "/requests/verify?key=df_test", "{}"),
    Question("GET", "/requests/retries?key=df_test"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A mock for this file."""
    log = tmp_path_factory.mktemp("mock") / "log"
    with (
        log.open("w") as stderr,
        serving("--now", DOCUMENTED, "--freeze", "--log", "requests", stderr=stderr) as url,
    ):
        yield Server(url, log)


@pytest.fixture
def controls(server: Server) -> Iterator[Controls]:
    """The controls of the mock, with state that an attack could destroy; it is reset at the end."""
    with Controls(server.url) as controls:
        controls.mint(key=VICTIM, now=DOCUMENTED, frozen=True)
        controls.patch("/settings", {"seed": 7})
        controls.client.get(f"{server.api}{UNKNOWN_VISITOR}", headers=bearer("df_test"))
        yield controls
        controls.post("/reset", {})


@pytest.fixture
def on_another_port(page: Page, elsewhere: str) -> Page:
    """A page of another origin but of the same site, which browsers restrict less."""
    page.goto(elsewhere)
    return page


@pytest.fixture(params=["another port", "another site"])
def stranger(request: pytest.FixtureRequest, page: Page, elsewhere: str) -> Page:
    """A page of another origin than the mock's."""
    addresses = {"another port": elsewhere, "another site": elsewhere.replace("127.0.0.1", "localhost")}
    page.goto(addresses[request.param])
    return page


@pytest.fixture
def own(page: Page, server: Server) -> Page:
    """A page of the mock's own origin."""
    page.goto(server.url)
    return page


@pytest.fixture
def visitor(server: Server, controls: Controls) -> str:
    """The id of a visitor of the website of `df_test`."""
    reply = controls.client.get(f"{server.api}/analytics/realtime/map", headers=bearer("df_test"))
    found: str = reply.json()["data"]["visitors"][0]["visitorId"]
    return found


def read(page: Page, server: Server, *paths: str, token: str = "df_test") -> list[Json]:
    """Returns what a page can read of the API's answers: status, headers and body, or the error."""
    questions = [{"url": server.api + path, "headers": bearer(token)} for path in paths]
    replies: list[Json] = page.evaluate(ASK, questions)
    return replies


def steer(page: Page, server: Server, questions: Sequence[Question]) -> list[Json]:
    """Sends JSON to the controls from a page, and returns what it can read of the answers."""
    headers = {"Content-Type": "application/json"}
    replies: list[Json] = page.evaluate(
        ASK,
        [
            {"url": f"{server.url}/__mock{path}", "method": method, "body": body, "headers": headers}
            for method, path, body in questions
        ],
    )
    return replies


def state_of(controls: Controls) -> list[Json]:
    """Returns all state that an attack might change."""
    paths = (f"/keys/{VICTIM}", f"/keys/{PLANTED}", "/clock", "/settings", "/requests?key=df_test")
    return [controls.ask("GET", path).json() for path in paths]


def test_page_reads_every_operation(stranger: Page, server: Server, visitor: str) -> None:
    replies = read(stranger, server, REALTIME, "/analytics/realtime/map", f"/visitors/{visitor}")

    assert [reply["body"]["status"] for reply in replies] == ["success"] * 3
    assert [reply["headers"]["date"] for reply in replies] == [DATE] * 3


@pytest.mark.parametrize(
    ("path", "token", "status"),
    quick(
        [
            pytest.param(REALTIME, "df_nobody", 401, id="unknown token"),
            pytest.param(UNKNOWN_VISITOR, "df_test", 404, id="unknown visitor"),
            pytest.param(REALTIME, "df_error_500", 500, id="error of the server"),
        ],
        1,
    ),
)
def test_page_reads_errors(
    on_another_port: Page, server: Server, complaints: Complaints, path: str, token: str, status: int
) -> None:
    complaints.expect(f"status of {status}")

    [reply] = read(on_another_port, server, path, token=token)

    assert (reply["status"], reply["body"]["error"]["code"]) == (status, status)
    assert reply["headers"]["date"] == DATE


@pytest.mark.usefixtures("controls")
def test_page_reads_the_state_of_the_limit(stranger: Page, server: Server, complaints: Complaints) -> None:
    complaints.expect("status of 429")

    replies = read(stranger, server, *[REALTIME] * 4, token="df_limited")

    assert [reply["status"] for reply in replies] == [200, 200, 200, 429]
    assert replies[0]["headers"].keys() >= LIMITS
    assert replies[3]["headers"].keys() >= {"retry-after", *LIMITS}


def test_page_of_the_mock_steers_and_reads_it(own: Page, server: Server, controls: Controls) -> None:
    before = state_of(controls)

    read_all = steer(own, server, READS)
    changed = steer(own, server, CHANGES[:-1])

    assert [reply["status"] for reply in read_all] == [200] * len(READS)
    assert [reply["status"] for reply in changed] == [201, 200, 200, 200, 200, 204, 204]
    # Each part of the state has changed, so the following tests would notice an attack by such a request.
    assert all(now != then for now, then in zip(state_of(controls), before, strict=True))


def test_page_cannot_fetch_the_controls(
    stranger: Page, server: Server, controls: Controls, complaints: Complaints
) -> None:
    complaints.expect("blocked by CORS policy")
    complaints.expect("net::ERR_FAILED")
    before = state_of(controls)

    replies = steer(stranger, server, (*CHANGES, *READS))

    assert set(replies) == {"TypeError: Failed to fetch"}
    assert state_of(controls) == before


def attack(page: Page, server: Server, script: str, answer: str) -> None:
    """Runs a script in a page, and waits for the answer that the mock must give to it."""
    count = server.count(answer)
    page.evaluate(f"(mock) => {{ {TOOLS} {script}; }}", f"{server.url}/__mock")
    server.wait_for(answer, count + 1)


@pytest.mark.parametrize(
    ("script", "answer"),
    quick(
        [
            pytest.param("post('/reset', '{}')", "403 POST /__mock/reset", id="fetch, plain text"),
            pytest.param("post('/reset', json)", "403 POST /__mock/reset", id="fetch, a blob of JSON"),
            pytest.param(
                "post('/reset', '{}', { 'Content-Type': 'application/json' })",
                "403 POST /__mock/reset",
                id="fetch, as JSON",
            ),
            pytest.param(
                "navigator.sendBeacon(mock + '/reset', '{}')",
                "403 POST /__mock/reset",
                id="beacon, plain text",
            ),
            pytest.param(
                "navigator.sendBeacon(mock + '/reset', json)",
                "204 OPTIONS /__mock/reset",
                id="beacon, as JSON",
            ),
            pytest.param(
                "submit('/keys', 'application/x-www-form-urlencoded', 'key', 'df_planted')",
                "403 POST /__mock/keys",
                id="form",
            ),
            pytest.param(
                """submit('/keys', 'text/plain', '{"key": "df_planted", "label": "', '"}')""",
                "403 POST /__mock/keys",
                id="form, plain text that is JSON",
            ),
            pytest.param(
                "add('iframe', { src: mock + '/settings' })", "403 GET /__mock/settings", id="frame"
            ),
            pytest.param(
                "add('iframe', { sandbox: 'allow-scripts', srcdoc: `<script>"
                "fetch('${mock}/reset', { method: 'POST', mode: 'no-cors', body: '{}' })</script>` })",
                "403 POST /__mock/reset",
                id="frame without an origin",
            ),
        ],
        4,
    ),
)
def test_requests_of_a_page_without_a_preflight_change_nothing(
    on_another_port: Page,
    server: Server,
    controls: Controls,
    complaints: Complaints,
    script: str,
    answer: str,
) -> None:
    complaints.expect(f"{server.url}/__mock/")
    before = state_of(controls)

    attack(on_another_port, server, script, answer)

    assert state_of(controls) == before


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        pytest.param("add('img', { src: mock + '/reset' })", "405 GET /__mock/reset", id="picture"),
        pytest.param("add('script', { src: mock + '/settings' })", "403 GET /__mock/settings", id="script"),
    ],
)
def test_requests_by_embedding_change_nothing(
    on_another_port: Page, server: Server, controls: Controls, script: str, answer: str
) -> None:
    before = state_of(controls)

    attack(on_another_port, server, script, answer)

    assert state_of(controls) == before
