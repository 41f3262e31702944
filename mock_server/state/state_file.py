"""The file of `--state`, an SQLite database that keeps the logs of the mock's accounts."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from contract_tests.quoting import quoted
from mock_server.errors import NOT_STORED, ApiError, InputError
from mock_server.state.log import Entry
from mock_server.world.facts import Fact

SCHEMA = 1
"""The version of the tables, stored in the file as its `user_version`."""

# The application id "DFMS", which marks our files among all SQLite databases.
_APPLICATION = 0x44464D53
_TABLES = (
    """CREATE TABLE facts (
        account TEXT, sequence INTEGER, website_id TEXT NOT NULL, fact TEXT NOT NULL,
        PRIMARY KEY (account, sequence)
    ) WITHOUT ROWID""",
    "CREATE TABLE cleared (account TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
)
_PROBLEMS = {
    sqlite3.SQLITE_BUSY: "is in use by another process, such as another mock: stop it, or give another file",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database: give another file",
    sqlite3.SQLITE_CORRUPT: "is damaged: give another file",
}
# The lowest byte of an SQLite error code is the kind of the error.
_KIND = 0xFF
_FACTS = msgspec.json.Decoder(Fact)


class StateFile:
    """The store of logs in a file, which no other process can use at the same time.

    An entry is in the file when `append` returns, even if the process is killed right after. If the machine
    loses power, the latest entries may be lost, but the file is still valid.
    """

    def __init__(self, path: Path) -> None:
        """Opens a file, or creates it. Raises InputError for a file that cannot be used."""
        self._path = path
        if path.is_dir():
            raise InputError("--state", f"{path} is a directory: give a file in it")
        with self._starting():
            # The path is made absolute, because SQLite reads names such as `:memory:` as databases in memory.
            self._connection = sqlite3.connect(
                path.absolute(), timeout=0, isolation_level=None, check_same_thread=False
            )
        try:
            with self._starting():
                self._open()
        except InputError:
            self._connection.close()
            raise

    def entries(self, account: str) -> Iterator[Entry]:
        """Yields the entries of an account in their order. Raises InputError for a damaged entry."""
        query = "SELECT sequence, website_id, fact FROM facts WHERE account = ? ORDER BY sequence"
        with self._starting():
            for sequence, website_id, content in self._connection.execute(query, (account,)):
                try:
                    yield Entry(sequence, website_id, _FACTS.decode(content))
                except msgspec.DecodeError as error:
                    place = f"{self._path}: the fact {sequence} of the account {quoted(account)}"
                    raise InputError("--state", f"{place} cannot be read ({error})") from None

    def version(self, account: str) -> int:
        """Returns the version of an account's log at its last clearing; 0 if it was never cleared."""
        with self._starting():
            query = "SELECT version FROM cleared WHERE account = ?"
            row = self._connection.execute(query, (account,)).fetchone()
        return 0 if row is None else int(row[0])

    def append(self, account: str, entry: Entry, content: bytes) -> None:
        """Stores an entry; `content` is its fact as JSON. Raises ApiError, and then stores nothing."""
        row = (account, entry.sequence, entry.website_id, content.decode())
        with self._writing():
            self._connection.execute("INSERT INTO facts VALUES (?, ?, ?, ?)", row)

    def clear(self, account: str, version: int) -> None:
        """Removes the entries of an account. Raises ApiError, and then removes nothing."""
        with self._writing(), self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute("DELETE FROM facts WHERE account = ?", (account,))
            self._connection.execute("INSERT OR REPLACE INTO cleared VALUES (?, ?)", (account, version))

    def reset(self) -> None:
        """Removes everything. Raises ApiError, and then removes nothing."""
        with self._writing(), self._connection:
            self._connection.execute("BEGIN")
            self._connection.execute("DELETE FROM facts")
            self._connection.execute("DELETE FROM cleared")

    def close(self) -> None:
        """Closes the file, so that another process can use it."""
        self._connection.close()

    def _open(self) -> None:
        """Locks the file until it is closed, and creates the tables if they are missing.

        Raises InputError.
        """
        run = self._connection.execute
        # Without the lock, another mock could write entries that this one does not read.
        run("PRAGMA locking_mode = EXCLUSIVE")
        ((application,), (version,), (tables,)) = (
            run(query).fetchone()
            for query in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if tables and application != _APPLICATION:
            raise InputError("--state", f"{self._path} is a database of another program: give another file")
        if version > SCHEMA:
            problem = (
                f"{self._path} was written by a newer version of the mock (its schema is {version}, this one"
                f" knows {SCHEMA}): update the mock, or give another file"
            )
            raise InputError("--state", problem)
        run("PRAGMA journal_mode = WAL")
        # NORMAL writes each commit to the file, which is enough if the process ends; FULL would wait for the
        # disk as well.
        run("PRAGMA synchronous = NORMAL")
        run("BEGIN IMMEDIATE")
        if not tables:
            for table in _TABLES:
                run(table)
            run(f"PRAGMA application_id = {_APPLICATION}")
            run(f"PRAGMA user_version = {SCHEMA}")
        run("COMMIT")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns an error of SQLite in the block into an ApiError 500.

        SQLite undoes the changes of the block.
        """
        try:
            yield
        except sqlite3.Error as error:
            raise ApiError(NOT_STORED, problem=error) from None

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Turns an error of SQLite in the block into an InputError that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            usual = f"cannot be written ({error}): give a file in a folder that exists and may be written to"
            problem = _PROBLEMS.get(error.sqlite_errorcode & _KIND, usual)
            raise InputError("--state", f"{self._path} {problem}") from None
