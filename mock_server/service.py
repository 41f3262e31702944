"""The service: all parts of a running mock, and the look-up of the settings that apply to a key."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from contract_tests.quoting import quoted
from mock_server.assets import FIXTURES
from mock_server.contract.document import REVISIONS, load_document, read_document
from mock_server.contract.operations import Operation, base_of, operations_of, own_operations
from mock_server.contract.responses import Answers
from mock_server.contract.unmocked import load_unmocked
from mock_server.contract.unread import unread_members
from mock_server.errors import InputError
from mock_server.options import FASTEST, Options
from mock_server.resources.cache import AnswerCache
from mock_server.resources.registry import VIEWS, View
from mock_server.resources.reporter import Reporter
from mock_server.resources.worlds import WorldChoice, Worlds
from mock_server.state.accounts import load_accounts
from mock_server.state.bodies import Bodies
from mock_server.state.clock import Clock, start_clock, wall_time
from mock_server.state.credentials import load_credentials
from mock_server.state.entries import NOBODY, Outcome, Part, Request, Sent
from mock_server.state.journal import Journal, Numbers
from mock_server.state.journal_file import JournalFile
from mock_server.state.key import Key
from mock_server.state.keys import Keys
from mock_server.state.limits import Limiter, RateLimit, Window, window_of_real_time, window_of_the_world
from mock_server.state.log import Memory, Store
from mock_server.state.settings import NOTHING, ActiveSettings
from mock_server.state.state_file import StateFile
from mock_server.world.site import Site
from mock_server.world.site_files import SITES, load_sites

# The seed of the random delays. Its value does not matter, if it is the same at each start.
_DELAY_SEED = 0

INGESTION = FIXTURES / "ingestion.json"
"""The document of the operation that accepts browsers' events, which is not part of the API."""

MOST_NOTED = 48 * 1024 * 1024
"""The maximum size of all journals together, in bytes."""


@dataclass(slots=True)
class Common:
    """The server's clock and settings, which keys inherit, and the journal of requests without a key."""

    clock: Clock
    settings: ActiveSettings = field(default_factory=ActiveSettings)
    journal: Journal = field(default_factory=Journal)
    changes: int = 0
    """The number of changes through the controls."""
    noted: int = 0
    """An upper bound of the bytes in all journals; it is too high after requests were removed."""


@dataclass(frozen=True)
class Service:
    """All parts of a running mock."""

    options: Options
    document: dict[str, Any]
    """The mock's own document, with every revision."""
    views: Mapping[str, View]
    """The functions that answer the operations of the document, by `operationId`."""
    base: str
    extra_operations: list[Operation]
    unread_members: list[str]
    """The members of paths of further documents that are ignored, such as `GET of /notes`."""
    unmocked_operations: list[Operation]
    """The operations that are documented but not mocked yet."""
    event_operation: Operation
    """The operation that accepts the events of browsers, which is not in the document."""
    sites: dict[str, Site]
    keys: Keys
    worlds: Worlds
    cache: AnswerCache
    common: Common
    journal_file: JournalFile | None
    store: Store
    """The store of the facts of the accounts that come with the mock."""
    numbers: Numbers = field(default_factory=Numbers)
    bodies: Bodies = field(default_factory=Bodies)
    _random: Random = field(default_factory=lambda: Random(_DELAY_SEED))  # noqa: S311 - for delays
    _operations: dict[str, dict[str, Operation]] = field(default_factory=dict)
    _documented: dict[str, dict[str, Answers]] = field(default_factory=dict)

    @property
    def operations(self) -> list[Operation]:
        """The operations of the document in the revision with which the server was started."""
        return list(self.operations_in(self.options.revision).values())

    @property
    def operations_of_all_revisions(self) -> list[Operation]:
        """All operations of the document, each in the first revision that has it."""
        found: dict[str, Operation] = {}
        for revision in REVISIONS:
            found = {**self.operations_in(revision), **found}
        return list(found.values())

    def operations_in(self, revision: str) -> Mapping[str, Operation]:
        """Returns the operations of the document in a revision, by `operationId`."""
        if revision not in self._operations:
            found = own_operations(self.document, revision)
            self._operations[revision] = {operation.operation_id: operation for operation in found}
        return self._operations[revision]

    def clock_of(self, key: Key | None) -> Clock:
        """Returns a key's clock: its own or the server's. Without a key (None) it is the server's."""
        return self.common.clock if key is None or key.clock is None else key.clock

    def window_of(self, key: Key | None, rate: RateLimit) -> Window:
        """Returns a new window of a rate limit, which begins now.

        It follows the clock of the key, or of the server if `key` is None.
        """
        clock = self.clock_of(key)
        window = window_of_the_world if clock.is_driven else window_of_real_time
        return window(rate, clock.limit_time())

    @property
    def default_choice(self) -> WorldChoice:
        """The world and the revision of a key without settings."""
        common, started = self.common.settings.values, self.options
        seed = started.seed if common.seed is None else common.seed
        return WorldChoice(seed, common.site or started.site, common.revision or started.revision)

    def choice_of(self, key: Key, website_id: str | None, *, stands: str | None) -> WorldChoice:
        """Returns the world and revision of a key's request; the arguments are as in `Key.site_of`."""
        own, usual = key.settings.values, self.default_choice
        site = own.site or key.site_of(website_id, usual.site, stands=stands)
        if own is NOTHING and site == usual.site:
            return usual
        return WorldChoice(usual.seed if own.seed is None else own.seed, site, own.revision or usual.revision)

    def seed_of(self, key: Key) -> int:
        """Returns the seed of a key's world."""
        return self.default_choice.seed if key.settings.values.seed is None else key.settings.values.seed

    def revision_of(self, key: Key | None) -> str:
        """Returns the revision of a key: its own or the server's. Without a key (None) it is the server's."""
        return (None if key is None else key.settings.values.revision) or self.default_choice.revision

    def limiter_of(self, key: Key) -> Limiter | None:
        """Returns the counter of a key's requests, or None if it has no rate limit."""
        return key.limiter(self.common.settings.values.rate or self.options.rate_limit)

    def note(self, sent: Sent, body: Part | None, key: Key | None, outcome: Outcome) -> Request:
        """Adds a request to the journal of its key, or of the server (None), and returns it.

        If its answer is still to be sent, `finish` writes the request to the journal's file later.
        """
        request = Request(
            number=self.numbers.take(),
            at=wall_time(),
            limit_time=self.clock_of(key).limit_time(),
            instant=outcome.instant,
            sent=sent,
            body=body,
            operation=outcome.operation,
            caller=NOBODY if key is None else key.caller,
            status=outcome.status,
            answer=outcome.answer,
            answer_headers=outcome.answer_headers,
            decided_by=outcome.decided_by,
            duration=outcome.duration,
            wait=outcome.wait,
            world=outcome.world,
        )
        common = self.common
        common.noted += (common.journal if key is None else key.journal).add(request)
        if common.noted > MOST_NOTED:
            self._make_room()
        if request.duration is not None:
            self.finish(request)
        return request

    @property
    def journals(self) -> list[Journal]:
        """The journal of requests without a key, and the journals of all keys."""
        return [self.common.journal, *(key.journal for key in self.keys.all())]

    @property
    def rules_weight(self) -> int:
        """The approximate memory of the rules of all keys and of the server, in bytes."""
        return self.common.settings.weight + sum(key.settings.weight for key in self.keys.all())

    def finish(self, request: Request) -> None:
        """Writes a request to the journal's file, once its answer is sent."""
        if self.journal_file is not None:
            self.journal_file.add(request)

    def answers(self, revision: str) -> Mapping[str, Answers]:
        """Returns the documented answers in a revision, by `operationId`; further documents are included."""
        if revision not in self._documented:
            self._documented[revision] = self._load_answers(revision)
        return self._documented[revision]

    def shadow(self) -> "Service":
        """Returns a copy for a peek, which changes no counter, random number or journal of the original."""
        return replace(
            self,
            common=Common(self.common.clock, self.common.settings.copy()),
            journal_file=None,
            numbers=Numbers(),
            bodies=Bodies(),
            _random=copy(self._random),
        )

    def reset(self) -> None:
        """Restores the state of a new server; the clock starts again at its first instant.

        The numbering of requests continues. So a client that asks the journal for the requests after a
        certain number misses none. Raises ApiError 500, and changes nothing, if the store cannot remove the
        facts.
        """
        self.keys.reset()
        self.common.changes += 1
        self.common.settings.replace(NOTHING)
        self.common.clock = start_clock(self.options.now, self.options.speed)
        self.common.journal.clear()
        self._random.seed(_DELAY_SEED)

    def close(self) -> None:
        """Closes the store, after the last request."""
        self.store.close()

    def _make_room(self) -> None:
        """Clears the least recently used journals if all journals together are too large."""
        journals = sorted(self.journals, key=lambda journal: journal.newest)
        noted = sum(journal.weight for journal in journals)
        for journal in journals[:-1]:
            # More bytes are freed than necessary, so that the next requests need not count again.
            if noted <= MOST_NOTED * 7 // 8:
                break
            noted -= journal.weight
            journal.clear()
        self.common.noted = noted

    def _load_answers(self, revision: str) -> dict[str, Answers]:
        extra = {operation.operation_id: operation.answers for operation in self.extra_operations}
        own = {name: operation.answers for name, operation in self.operations_in(revision).items()}
        # If two documents have the same operation, the mock's own document wins.
        return extra | own | {self.event_operation.operation_id: self.event_operation.answers}

    def random_number(self) -> float:
        """Returns a random number in [0, 1); after each start and reset the sequence is the same."""
        return self._random.random()


def load_service(
    options: Options, document: dict[str, Any] | None = None, views: Mapping[str, View] = VIEWS
) -> Service:
    """Loads and checks all parts of the service. Raises InputError for an invalid option or file.

    A `document` of None means the mock's own. Tests pass a document with further operations, and their
    `views`.
    """
    if options.revision not in REVISIONS:
        raise InputError(
            "--revision", f"there is no {quoted(options.revision)}; known: {', '.join(REVISIONS)}"
        )
    if not 0 <= options.speed <= FASTEST:
        raise InputError("--speed", f"{options.speed} is not between 0 and {FASTEST}")
    _check_control_token(options.control_token)
    sites = load_sites((SITES, *options.site_folders))
    if options.site not in sites:
        raise InputError("--site", f"there is no {quoted(options.site)}; known: {', '.join(sites)}")
    accounts = load_accounts(sites)
    document = load_document() if document is None else document
    base = base_of(document)
    further = [(read_document(path), path) for path in options.documents]
    worlds = Worlds(options.seed, sites)
    worlds.make_all()
    store = Memory() if options.state is None else StateFile(options.state)
    return Service(
        options=options,
        document=document,
        views=views,
        base=base,
        extra_operations=[operation for one in further for operation in operations_of(*one)],
        unread_members=[member for one in further for member in unread_members(*one)],
        unmocked_operations=load_unmocked(base),
        event_operation=own_operations(read_document(INGESTION))[0],
        sites=sites,
        keys=Keys(load_credentials(sites, accounts), accounts, allow_any=options.any_key, store=store),
        worlds=worlds,
        cache=AnswerCache(worlds, Reporter(options.seed, sites)),
        common=Common(start_clock(options.now, options.speed)),
        journal_file=JournalFile(options.journal) if options.journal else None,
        store=store,
    )


def _check_control_token(token: str | None) -> None:
    """Raises InputError for a token that is empty or that no header can carry."""
    if token is not None and not (token.isascii() and token.isprintable() and token == token.strip() != ""):
        problem = (
            "it must not be empty, begin or end with white space,"
            " or contain characters that are not allowed in a header"
        )
        raise InputError("--control-token", problem)
