"""docs/documents.md is correct: the mock answers with its document as the page shows it."""

import re
from pathlib import Path

import httpx2

from tests.command import serving
from tests.credentials import bearer

PAGE = (Path(__file__).parent.parent / "docs" / "documents.md").read_text(encoding="utf-8")
[DOCUMENT] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
[PATH] = re.findall(r"http://127\.0\.0\.1:8484(\S+)", PAGE)
[SHOWN] = re.findall(r"(HTTP/1\.1 .*?)\n…", PAGE, re.DOTALL)


def test_the_shown_document_is_answered_as_shown(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(DOCUMENT, encoding="utf-8")

    with serving("--openapi", str(tmp_path / "own.yaml")) as url:
        reply = httpx2.post(f"{url}{PATH}", headers=bearer("df_test"))

    status, *headers = SHOWN.splitlines()
    assert status == f"HTTP/1.1 {reply.status_code} {reply.reason_phrase}"
    assert {f"{name}: {value}" for name, value in reply.headers.items()} >= set(headers)
    assert reply.json() == {"status": "success", "data": [{"text": "Launched"}]}
