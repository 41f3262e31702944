"""Whether a mock is up, asked from beside it."""

import http.client
import json

# Who listens on all addresses is asked at the one that is always there.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - looked up, not bound


def ask(host: str, port: int, timeout: float) -> str:
    """What is wrong with the mock at an address, in a sentence; empty where it is up. No proxy is asked."""
    connection = http.client.HTTPConnection(_EVERYWHERE.get(host, host), port, timeout=timeout)
    try:
        connection.request("GET", "/__mock/health")
        reply = connection.getresponse()
        is_up = reply.status == 200 and json.loads(reply.read(10_000))["status"] == "ok"
    except OSError as error:
        return f"no mock answers at {host}:{port} ({error})"
    except (http.client.HTTPException, ValueError, KeyError, TypeError):
        is_up = False
    finally:
        connection.close()
    return "" if is_up else f"what answers at {host}:{port} is no mock that is up"
