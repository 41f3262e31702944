"""Checks the package: builds it, checks its metadata, installs it into empty environments and runs it.

Run by `make package`; the archives are in dist/ afterwards.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from urllib.request import Request, urlopen

from mock_server import __version__

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
# The packages of extras must not be needed to serve.
EXTRAS = ("faker", "httpx2", "hypothesis", "jsonschema", "pytest", "schemathesis", "trustme")


def main(tag: str = "") -> None:
    """Runs all steps, and exits at the first that fails. `tag` is the released tag, or empty."""
    check_tag(tag)
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "--directory", DIST, cwd=ROOT)
    archives = sorted(DIST.iterdir())
    run(sys.executable, "-m", "twine", "check", "--strict", *archives)
    print(f"built: {', '.join(archive.name for archive in archives)}, with metadata that an index takes")
    for archive in archives:
        with tempfile.TemporaryDirectory() as name:
            check_archive(archive, Path(name))


def check_tag(tag: str) -> None:
    """Exits if a tag is not the package's version."""
    if tag and tag != f"v{__version__}":
        sys.exit(
            f"The tag is {tag}, and mock_server/__init__.py says {__version__}: it should be v{__version__}."
        )


def check_archive(archive: Path, folder: Path) -> None:
    """Installs an archive into an empty environment, first without any extra, and runs it there."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*install, archive)
    missing = "importlib.util.find_spec(name) is None"
    run(python, "-c", f"import importlib.util; assert all({missing} for name in {EXTRAS})")
    print(f"{archive.name}: {visitors(folder)} visitors on the map of an empty environment's mock")
    # As the pages say, pip then installs only the packages that the extra needs.
    run(*install, "datafast-mock[verify]")
    run(folder / "env" / "bin" / "datafast-mock", "prove", "--quiet", cwd=folder)
    print(f"{archive.name}: the contract kit, with its extra, proves its clauses there")


def visitors(folder: Path) -> int:
    """Returns the number of visitors on the map of the installed command."""
    command = [str(folder / "env" / "bin" / "datafast-mock"), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None, "started with a pipe"
            url = next(line for line in process.stdout if line.startswith("listening on ")).split()[-1]
            # The files of the reference and of its viewer must be installed, too.
            for file in ("docs", "docs/reference.js", "docs/swagger-ui-bundle.js"):
                urlopen(f"{url}/{file}", timeout=10).close()
            path, headers = "/api/v1/analytics/realtime/map", {"Authorization": "Bearer df_test"}
            with urlopen(Request(url + path, headers=headers), timeout=10) as reply:
                return int(json.load(reply)["data"]["count"])
        finally:
            process.terminate()


def run(*command: object, cwd: Path | None = None) -> None:
    """Runs a step; exits with its output if it fails."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    main(*sys.argv[1:])
