"""The health check of a running mock, for the command `health`."""

import http.client
import json

from contract_tests.quoting import quoted

# A mock that listens on all addresses is checked at the loopback address.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - looked up, not bound


def ask(host: str, port: int, timeout: float) -> str:
    """Returns an empty text if a mock is up at the address, or else a sentence about the problem.

    The timeout is in seconds; environment variables for proxies are ignored.
    """
    try:
        connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=timeout)
        connection.connect()
    except (http.client.InvalidURL, UnicodeError):
        return f"{quoted(host)} is not a host, such as 127.0.0.1"
    except OSError as error:
        return _unanswered(host, port, error)
    try:
        connection.request("GET", "/__mock/health")
        reply = connection.getresponse()
        is_up = reply.status == 200 and json.loads(reply.read(10_000))["status"] == "ok"
    except OSError as error:
        return _unanswered(host, port, error)
    except (http.client.HTTPException, ValueError, KeyError, TypeError):
        is_up = False
    finally:
        connection.close()
    return "" if is_up else f"the server at {host}:{port} does not answer as a mock does"


def _unanswered(host: str, port: int, error: OSError) -> str:
    return f"no mock answers at {host}:{port} ({error.strerror or error})"
