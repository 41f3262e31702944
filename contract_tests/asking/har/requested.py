"""The operations that the entries of a HAR file requested."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from contract_tests.asking.address import normalized
from contract_tests.asking.har.entries import Entry, address_of
from contract_tests.document import Document
from contract_tests.documented import METHODS, Match

_UNKNOWN = "no operation of the document"


class Requested:
    """The operations that the entries of a file requested.

    If `base` is None, the bases of each origin are found in the paths of the file: the base is the part of a
    path before the longest template that matches the path's end. A base below another base of the same origin
    is ignored. For example, a file with `/v1/goals` has the base `/v1`. In this file
    `/v1/admin/websites/x/goals` is a path that the document does not have, and not `/goals` below another
    base.
    """

    def __init__(self, contract: Document, base: str | None, entries: Iterable[Entry]) -> None:
        self._contract = contract
        self._base = None if base is None else urlsplit(base).path.rstrip("/")
        self._start = None if base is None else normalized(base)
        self._bases: dict[str, set[str]] = defaultdict(set)
        for entry in entries if base is None else ():
            address = address_of(entry)
            found = contract.ends_with(entry.request.method, address[1]) if address else None
            if address is not None and found is not None:
                self._bases[address[0]].add(found.base)

    def match(self, entry: Entry) -> Match | None:
        """Returns the operation of an entry; None if the document has no such operation."""
        address = address_of(entry)
        if address is None or not self._is_below_start(*address):
            return None
        origin, path = address
        if self._base is not None:
            return self._contract.matches(entry.request.method, path.removeprefix(self._base))
        found = self._contract.ends_with(entry.request.method, path)
        return found if found is not None and self._is_base(found.base, self._bases[origin]) else None

    def why_none(self, entry: Entry) -> str:
        """Returns the reason why an entry belongs to no operation."""
        address = address_of(entry)
        if address is None:
            return _UNKNOWN
        if not self._is_below_start(*address):
            return "from another server"
        path = address[1]
        is_documented = any(self._contract.ends_with(method, path) for method in METHODS)
        method = entry.request.method
        return f"of the method {method[:10]}" if is_documented and method != "GET" else _UNKNOWN

    def _is_below_start(self, origin: str, path: str) -> bool:
        return self._start is None or (origin + path).startswith(self._start)

    def _is_base(self, base: str, others: set[str]) -> bool:
        shorter = any(base != other and base.startswith(f"{other}/") for other in others)
        return self._contract.is_base(base) or not shorter
