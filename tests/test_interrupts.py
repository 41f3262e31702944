"""Signals that reach a command while it imports, where Python may drop the exception of their handler."""

import signal
import subprocess
import sys

import pytest

from tests.quick import quick

# Sends a signal while a module is imported, in a finalizer, whose exceptions Python drops.
_COMMAND = """
import signal
import sys

class Late:
    def __del__(self):
        signal.raise_signal(NUMBER)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "MODULE":
            Late()

# A process that a shell starts in the background ignores this signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder())
from mock_server.cli import main
main(prog_name="datafast-mock")
"""
# Nobody listens on port 9.
_SERVE, _VERIFY, _PROVE = ["serve", "--port=0"], ["verify", "http://127.0.0.1:9", "--wait=60s"], ["prove"]
_MUTATE = ["mutate", "success as text", "--upstream=http://127.0.0.1:9", "--port=0"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is not sent to a process there")
@pytest.mark.parametrize(
    ("arguments", "module", "name", "code"),
    quick(
        [
            pytest.param(_SERVE, "mock_server.service", "SIGTERM", 0, id="serve, asked to end"),
            pytest.param(_SERVE, "mock_server.service", "SIGINT", 130, id="serve, interrupted"),
            pytest.param(_SERVE, "uvicorn.loops.auto", "SIGTERM", 0, id="serve, asked to end at last"),
            pytest.param(_MUTATE, "contract_tests.judging.proxy", "SIGTERM", 130, id="mutate, asked to end"),
            pytest.param(_MUTATE, "uvicorn.loops.auto", "SIGTERM", 130, id="mutate, asked to end at last"),
            pytest.param(_VERIFY, "contract_tests.judging.run", "SIGINT", 130, id="verify, interrupted"),
            pytest.param(_VERIFY, "contract_tests.judging.run", "SIGTERM", 130, id="verify, asked to end"),
            pytest.param(_PROVE, "contract_tests.mutants", "SIGINT", 130, id="prove, interrupted"),
        ],
        1,
    ),
)
def test_a_signal_within_a_callback_of_an_import_ends_the_command(
    arguments: list[str], module: str, name: str, code: int
) -> None:
    program = _COMMAND.replace("NUMBER", f"signal.{name}").replace("MODULE", module)
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr == ("" if arguments == _SERVE else "\nInterrupted.\n")


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is not sent to a process there")
def test_a_signal_while_a_class_is_made_is_no_bug_of_the_kit() -> None:
    """Python 3.11 raises a RuntimeError then."""
    program = _COMMAND.replace("Late()", "type('Made', (), {'member': Named()})").replace(
        "class Late:\n    def __del__(self):", "class Named:\n    def __set_name__(self, owner, name):"
    )
    program = program.replace("NUMBER", "signal.SIGTERM").replace("MODULE", "contract_tests.judging.run")
    ended = subprocess.run(
        [sys.executable, "-c", program, *_VERIFY], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stderr) == (130, "\nInterrupted.\n")


# Interrupts the command while it imports a package, before its own handlers are there.
_EARLY = """
import runpy
import signal
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder())
sys.argv = ["datafast-mock", "serve", "--port=0"]
runpy.run_module("mock_server", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process ends by SIGINT there")
def test_an_interrupt_while_the_command_is_imported_ends_it_in_silence() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _EARLY], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
