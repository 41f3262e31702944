"""Shows that the package serves: builds it, installs it into an empty environment elsewhere, asks for a map.

Run by `make package`.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).parent.parent
# What only the extras bring must not be needed to serve.
EXTRAS = ("faker", "httpx2", "hypothesis", "jsonschema", "pytest", "schemathesis", "trustme")


def main() -> None:
    """Ends with the first step that fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The wheel is built from the source distribution, so both are complete.
        run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", folder, cwd=ROOT)
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        archive = next(folder.glob("*.tar.gz"))
        run(*install, archive)
        missing = "importlib.util.find_spec(name) is None"
        run(python, "-c", f"import importlib.util; assert all({missing} for name in {EXTRAS})")
        print(f"installed: {visitors(folder)} visitors on the map of an empty environment's mock")
        run(*install, f"{archive}[verify]")
        run(folder / "env" / "bin" / "datafast-mock", "prove", "--quiet", cwd=folder)
        print("installed: the contract kit, with its extra, proves its clauses there")


def visitors(folder: Path) -> int:
    """How many visitors the installed command's map shows."""
    command = [str(folder / "env" / "bin" / "datafast-mock"), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None, "started with a pipe"
            url = next(line for line in process.stdout if line.startswith("listening on ")).split()[-1]
            # The reference's own files and those of the viewer must have been installed too.
            for file in ("docs", "docs/reference.js", "docs/swagger-ui-bundle.js"):
                urlopen(f"{url}/{file}", timeout=10).close()
            path, headers = "/api/v1/analytics/realtime/map", {"Authorization": "Bearer df_test"}
            with urlopen(Request(url + path, headers=headers), timeout=10) as reply:
                return int(json.load(reply)["data"]["count"])
        finally:
            process.terminate()


def run(*command: object, cwd: Path | None = None) -> None:
    """Runs a step; ends with its output if it fails."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    main()
