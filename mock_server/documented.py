"""The documented answers of an operation, by status and name."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import UNSET

from mock_server.actions import Action
from mock_server.assets import checked
from mock_server.contract import Example, Operation, ResponseObject
from mock_server.examples import example_of
from mock_server.problems import ProblemError
from mock_server.references import resolved

_NAMELESS = "default"

Answers = Mapping[int, Mapping[str, Example]]


def answers_of(operation: Operation) -> Answers:
    """The documented examples by status and name; one that has no name is called `default`."""
    return {
        int(status): dict(_named(operation.document, int(status), response, operation.operation_id))
        for status, response in operation.responses.items()
        if status.isdecimal()
    }


def chosen(answers: Answers, action: Action) -> Example:
    """The documented answer that an action asks for. Raises ProblemError that lists what there is."""
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


def _named(
    document: Mapping[str, Any], status: int, response: Any, where: str
) -> Iterable[tuple[str, Example]]:
    content = checked(resolved(document, response, where), ResponseObject, where).content
    for media_type, media in content.items():
        # The first media type is the one that is served.
        for name, example in (media.get("examples") or {_NAMELESS: None}).items():
            one = media if example is None else {**media, "examples": {name: example}}
            yield name, Example(status, media_type, example_of(document, one, where))
        return
    yield _NAMELESS, Example(status, "", None)
