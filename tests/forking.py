"""Runs of `datafast-mock` in processes that are forked from a process with all imports done.

Imports are nine tenths of the work of a short run. A forked run has its own arguments, environment, folder
and streams. Settings that Python reads at its start need a new process instead.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any, TextIO

from mock_server.cli import main

IS_POSSIBLE = "forkserver" in multiprocessing.get_all_start_methods()
# The modules that the command's parts import when they are called.
_PRELOADED = [
    *("tests.forking", "mock_server.app", "mock_server.service", "mock_server.serving.fast"),
    *("mock_server.serving.server", "mock_server.golden.making", "mock_server.contract.document"),
    *("contract_tests.commands.verification", "contract_tests.mutants", "contract_tests.judging.proof"),
]
# The variables that Python, its encodings and its clock read at the start.
_OF_THE_INTERPRETER = ("PYTHON", "LC_", "LANG", "TZ")


def is_forkable(environment: Mapping[str, str]) -> bool:
    """Returns whether a forked run with these additions to the environment is like a new process."""
    return IS_POSSIBLE and not any(name.startswith(_OF_THE_INTERPRETER) for name in environment)


def run(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs `datafast-mock` to its end, like `subprocess.run`. Raises TimeoutExpired after `seconds`."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as stdout,
        tempfile.TemporaryFile("w+", encoding="utf-8") as stderr,
    ):
        streams = (DupFd(stdout.fileno()), DupFd(stderr.fileno()))
        process = _context().Process(target=_main, args=(list(arguments), dict(environment), folder, streams))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, seconds)
        return subprocess.CompletedProcess(arguments, process.exitcode, _said(stdout), _said(stderr))


def _said(stream: TextIO) -> str:
    stream.seek(0)
    return stream.read()


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _main(arguments: list[str], environment: dict[str, str], folder: Path, streams: tuple[Any, Any]) -> None:
    """Does the work of the console script, in a process of its own."""
    # This is the default way to start processes, which a new process would have.
    multiprocessing.set_start_method(None, force=True)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["datafast-mock", *arguments]
    for number, stream in enumerate(streams, 1):
        os.dup2(stream.detach(), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    # Python ignores a file name that does not exist any more.
    assert sys.modules.keys() >= set(_PRELOADED), set(_PRELOADED) - sys.modules.keys()
    main()
