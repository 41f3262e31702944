"""How long from the command to the first 200, and how much memory does it take at rest?"""

import http.client
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.figures import tell

COMMAND = Path(sys.executable).with_name("datafast-mock")
ROUNDS = 12
SECONDS, MEGABYTES = 0.35, 65


def main() -> None:
    times, sizes = zip(*(one_start() for _ in range(ROUNDS)), strict=True)
    print("`datafast-mock serve`")
    tell("until the first map is answered", times, "s ", SECONDS)
    tell("resident at rest", sizes, "MB", MEGABYTES)


def one_start() -> tuple[float, float]:
    begin = perf_counter()
    process = subprocess.Popen([COMMAND, "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "started with a pipe"
        address = next(line for line in process.stdout if line.startswith("listening on ")).split()[-1]
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        headers = {"Authorization": "Bearer df_test"}
        connection.request("GET", "/api/v1/analytics/realtime/map", headers=headers)
        status = connection.getresponse().status
        taken = perf_counter() - begin
        assert status == 200, status
        return taken, resident_megabytes(process.pid)
    finally:
        process.terminate()
        process.communicate()


def resident_megabytes(pid: int) -> float:
    """Linux only."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
