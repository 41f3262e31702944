"""The options of the proxy: its port, its authority, and the packages that it needs."""

import os
import socket
import sys
from pathlib import Path

import pytest

from mock_server.errors import InputError
from mock_server.serving.intercept.certificate import certificate_for
from mock_server.serving.intercept.proxy import intercepting
from mock_server.serving.intercept.refusals import HOST
from tests.command import banner_of, ended, started
from tests.credentials import bearer
from tests.ports import port_to_take
from tests.serving.intercept.intercepting import PATH, Intercepting, intercepting_command, run


def test_authority_is_in_a_folder_of_ones_own(command: Intercepting) -> None:
    assert [file.name for file in command.authority.parent.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in command.authority.read_text(encoding="ascii")
    assert sys.platform == "win32" or command.authority.parent.stat().st_mode & 0o777 == 0o700


# Prints the modes of the files during the loading of a key and after it, under an umask of 0.
MODES = f"""
import os, ssl, sys
from pathlib import Path
from mock_server.serving.intercept.certificate import certificate_for

load = ssl.SSLContext.load_cert_chain
def watched(self, path, *further):
    print(oct(Path(path).stat().st_mode & 0o777), oct(Path(path).parent.stat().st_mode & 0o777))
    load(self, path, *further)
    folders.append(Path(path).parent)

folders = []
ssl.SSLContext.load_cert_chain = watched
os.umask(0)
with certificate_for("{HOST}", Path(sys.argv[1])):
    print([file for folder in folders for file in folder.iterdir()])
print([folder for folder in folders if folder.exists()])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_no_other_user_reads_the_key_or_writes_the_certificate_whatever_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"

    result = run([sys.executable, "-c", MODES, str(file)], {})

    assert (result.stdout.splitlines(), result.stderr) == (["0o600 0o700", "[]", "[]"], "")
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "/dev/null", "link"])
def test_pipe_or_device_is_refused_as_the_authoritys_file_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")

    with (
        pytest.raises(InputError, match="datafast-mock did not write it"),
        certificate_for(HOST, tmp_path / name),
    ):
        pass


def test_authority_is_made_anew_in_the_chosen_file_and_stays_there(tmp_path: Path) -> None:
    file = tmp_path / "it's the CA.pem"
    made = []
    for _ in range(2):
        with certificate_for(HOST, file) as certificate:
            made.append(file.read_bytes())

    assert certificate.file == file
    assert made[0] != made[1] == file.read_bytes()


@pytest.mark.parametrize("name", ["theirs.pem", ".", "nowhere/ca.pem"])
def test_file_that_cannot_be_the_authoritys_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "theirs.pem").write_text("precious", encoding="ascii")

    with pytest.raises(InputError, match="--intercept-ca"), certificate_for(HOST, tmp_path / name):
        pass
    assert [file.read_text(encoding="ascii") for file in tmp_path.iterdir()] == ["precious"]


@pytest.mark.long
def test_chosen_port_and_file_are_used(tmp_path: Path) -> None:
    file = tmp_path / "its ca.pem"
    with port_to_take() as port:
        options = ("--intercept-port", str(port), "--intercept-ca", str(file))
        with intercepting_command(*options) as command, command.client() as client:
            status = client.get(PATH, headers=bearer("df_test")).status_code

    assert (status, command.proxy[1], command.authority) == (200, port, file)
    assert file.exists()


def test_taken_port_is_reported_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]

        with (
            pytest.raises(InputError, match=r"^--intercept-port: cannot listen on 127\.0\.0\.1:\d+"),
            intercepting("127.0.0.1", port, None),
        ):
            pass


@pytest.mark.long
def test_options_of_the_proxy_without_the_proxy_are_refused() -> None:
    result = ended("serve", "--port", "0", "--intercept-port", "0", "--intercept-ca", "ca.pem")

    assert (result.returncode, result.stdout) == (2, "")
    assert "need --intercept" in result.stderr


@pytest.mark.long
def test_missing_package_is_named_with_the_extra_to_install(without: dict[str, dict[str, str]]) -> None:
    result = ended("serve", "--port", "0", "--intercept", environment=without["trustme"])

    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr
        == "datafast-mock: --intercept: no trustme here: pip install 'datafast-mock[intercept]'\n"
    )


@pytest.mark.long
def test_without_intercept_no_package_is_needed_for_it(without: dict[str, dict[str, str]]) -> None:
    with started("--port", "0", environment=without["trustme"]) as process:
        banner = banner_of(process)

    assert "HTTPS_PROXY" not in "\n".join(banner)
