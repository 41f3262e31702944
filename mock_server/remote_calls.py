"""What a test asserts about the requests of a client: the question to the mock, and what a failure says."""

from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.remote_json import text_of

# The arguments of `assert_called` whose names in JSON differ.
_MEMBERS = {"exact_body": "exactBody", "body_at": "bodyAt"}


def matcher_of(operation: str | None, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of `assert_called` as members of a request for `/__mock/requests/verify`."""
    wanted = {_MEMBERS.get(name, name): value for name, value in expected.items()}
    if operation is not None:
        wanted["operation"] = operation
    for part in ("query", "headers"):
        if isinstance(wanted.get(part), Mapping):
            wanted[part] = {k: v if v is None else str(v) for k, v in wanted[part].items()}
    return wanted


def count_of(times: int | None, at_least: int, at_most: int | None) -> dict[str, int]:
    """Returns how many requests must match; `times` replaces both bounds. There may be no upper bound."""
    least, most = (at_least, at_most) if times is None else (times, times)
    return {"min": least} if most is None else {"min": min(least, most), "max": most}


def explanation_of(wanted: Mapping[str, Any], count: Mapping[str, int], found: Mapping[str, Any]) -> str:
    """Returns what was expected and what came instead, with the nearest misses."""
    most = count.get("max")
    if most is None:
        expected = f"at least {count['min']}"
    else:
        expected = str(most) if most == count["min"] else f"{count['min']} to {most}"
    noun = "request" if (most or count["min"]) == 1 else "requests"
    lines = [f"expected {expected} {noun} like {text_of(wanted)}, but {found['count']} came"]
    if found["nearest"]:
        lines.append("nearest:")
    for near in found["nearest"]:
        request = near["request"]
        lines.append(f"  {request['method']} {request['path']} → {request['status']}, but")
        lines += [f"    {difference}" for difference in near["differences"]]
    return "\n".join(lines)


def impatience_of(hasty: Iterable[Mapping[str, Any]]) -> str:
    """Returns which requests came before the waiting time of a 429 was over."""
    lines = [
        f"  refused at {r['refusedAt']}: it had to wait {r['required']} ms and waited {r['waited']} ms"
        for r in hasty
    ]
    return "\n".join(["after a 429 the client asked again too early:", *lines])
