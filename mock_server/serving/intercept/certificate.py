"""The certificate authority of `--intercept`: it signs one certificate and lives as long as the command."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import trustme

from mock_server.errors import InputError

_MARK = "# A certificate authority of datafast-mock, made anew at each start.\n"
# Apple's systems refuse all certificates that are valid for longer than 825 days.
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=397)


class HostCertificate(NamedTuple):
    """The TLS `context` of the host's server, and the `file` with the certificate that clients must trust."""

    context: ssl.SSLContext
    file: Path


@contextmanager
def certificate_for(host: str, file: Path | None) -> Iterator[HostCertificate]:
    """Makes an authority, and a certificate that it signs for the host; the authority's key stays in memory.

    The authority's certificate is written to `file`, which stays. None means a temporary file, in a folder
    that only this user can read, removed after the block. Raises InputError if `file` cannot be written.
    """
    authority = trustme.CA(
        organization_name="datafast-mock", organization_unit_name=f"for {host} in tests", path_length=0
    )
    pem = _MARK + authority.cert_pem.bytes().decode()
    with TemporaryDirectory(prefix="datafast-mock-") as name:
        folder = Path(name)
        context = _context(authority, host, folder)
        path = folder / "ca.pem" if file is None else file.absolute()
        _write(path, pem)
        yield HostCertificate(context, path)


def _context(authority: trustme.CA, host: str, folder: Path) -> ssl.SSLContext:
    now = datetime.now(UTC)
    leaf = authority.issue_cert(
        host, organization_name="datafast-mock", not_before=now - _BEFORE, not_after=now + _AFTER
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # `ssl` reads a key from a file only, so the host's key (not the authority's) is in one for a moment.
    with leaf.private_key_and_cert_chain_pem.tempfile(dir=str(folder)) as path:
        context.load_cert_chain(path)
    return context


def _write(path: Path, pem: str) -> None:
    """Writes the certificate. Raises InputError for a file that another program wrote."""
    option = f"--intercept-ca {path}"
    try:
        if path.exists() and not _is_ours(path):
            raise InputError(option, "exists already, and datafast-mock did not write it")
        # The mode is set whatever the umask is, because clients trust any certificate in this file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(pem)
    except OSError as error:
        raise InputError(option, f"cannot be written ({error.strerror})") from None


def _is_ours(path: Path) -> bool:
    # Reading a pipe or a device may never end.
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK.encode()
