"""The clean-up after a run that writes: it removes the run's goals and payments, or names those that stay."""

from contract_tests.asking import labels
from contract_tests.asking.client import Client, StoppedError
from contract_tests.asking.probes.probe import Asker
from contract_tests.asking.traces import Trace


def clean_up(asker: Asker, client: Client) -> list[str]:
    """Removes everything that a run has written and not removed.

    Returns a sentence for each thing that stays.

    `client` sends the requests, because the run's own client may have stopped. After a KeyboardInterrupt no
    more requests are sent, and the sentences name every thing that was not removed.
    """
    asker.client = client
    stays: list[str] = []
    left = asker.traces.left()
    for n, trace in enumerate(left):
        try:
            why = _why_not(asker, trace)
        except StoppedError as error:
            why = str(error)
        except KeyboardInterrupt:
            return [*stays, *(_told(other, "interrupted") for other in left[n:])]
        if why is not None:
            stays.append(_told(trace, why))
    return stays


def _why_not(asker: Asker, trace: Trace) -> str | None:
    """Removes one thing. Returns the reason if that fails, and None if it succeeds. Raises StoppedError."""
    answer = asker.take_back(trace, labels.CLEANING)
    if answer is None:
        return "the API has no operation that removes it"
    if trace not in asker.traces.left():
        return None
    return f"{answer.method} {answer.url} answered {answer.status}"


def _told(trace: Trace, why: str) -> str:
    return f"{trace.what} stays on the server: {why}"
