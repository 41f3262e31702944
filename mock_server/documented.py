"""Which documented answer of an operation an action asks for."""

from msgspec import UNSET

from mock_server.actions import Action
from mock_server.problems import ProblemError
from mock_server.responses import Answers, Example


def chosen(answers: Answers, action: Action) -> Example:
    """The documented answer that an action asks for. Raises ProblemError that lists what there is."""
    if not answers:
        raise ProblemError(400, "No answer is documented here.")
    if action.code is not UNSET and action.code not in answers:
        known = sorted(answers)
        detail = f"The status {action.code} is not documented here; documented: {', '.join(map(str, known))}."
        raise ProblemError(400, detail, codes=known)
    statuses = sorted(answers) if action.code is UNSET else [action.code]
    if action.example is UNSET:
        return next(iter(answers[statuses[0]].values()))
    for status in statuses:
        if action.example in answers[status]:
            return answers[status][action.example]
    names = [name for status in statuses for name in answers[status]]
    detail = f"There is no example {action.example[:80]!r} here; documented: {', '.join(names)}."
    raise ProblemError(400, detail, examples=names)


def has(answers: Answers, action: Action) -> bool:
    """Whether there is a documented answer for an action that forces one."""
    if not action.forces_an_example:
        return True
    try:
        chosen(answers, action)
    except ProblemError:
        return False
    return True
