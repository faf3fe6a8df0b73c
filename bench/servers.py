"""Server processes on loopback: start, wait for the first page, count their CPU, end by number.

The same server program and thread count serve portal and floor. Nothing here outlives the block
that started it.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "portal.example"  # Whom every request names; the socket is on loopback.
THREADS = 4
READY_S = 30.0
STOP_S = 10.0
PROGRAMS = ("granian", "gunicorn")
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `also`: processes that work for it, a database server's for example."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started_s: float
    log: Path
    also: tuple[int, ...] = field(default=())

    def cpu_seconds(self) -> float:
        """User and system time of the whole process tree until now."""
        roots = (self.process.pid, *self.also)
        return sum(_cpu_seconds(pid) for root in roots for pid in _tree(root))


def command(program: str, target: str, port: int) -> list[str]:
    """Granian as the portal is served by default, or gunicorn's sync workers."""
    if program == "gunicorn":
        return [
            *(sys.executable, "-m", "gunicorn", "--workers", "2", "--log-level", "error"),
            *("--bind", f"127.0.0.1:{port}", target),
        ]
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1", "--blocking-threads", str(THREADS)),
        *("--no-ws", "--log-level", "error", target),
    ]


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Only what a program needs; whoever runs this has compiled modules kept, as servers do."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **given}


@contextmanager
def serving(
    name: str,
    target: str,
    environment: Mapping[str, str],
    folder: Path,
    *,
    program: str = "granian",
    also: tuple[int, ...] = (),
) -> Generator[Server]:
    """Serve `target` until the block ends; ready when its sign-in page has been answered."""
    port = _free_port()
    begun = time.perf_counter()
    log_file = folder / f"{name}.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command(program, target, port),
            cwd=ROOT,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for_page(process, port, log_file)
        yield Server(name, port, process, time.perf_counter() - begun, log_file, also)
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_page(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.perf_counter() + READY_S
    while time.perf_counter() < ends:
        if process.poll() is not None:
            break
        if _answers(port):
            return
        time.sleep(0.01)
    raise RuntimeError(f"no page from {log.stem}:\n{log.read_text(errors='replace')[-3000:]}")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
        connection.request("GET", "/login", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            # It leads a session of its own, so this reaches exactly what it started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _tree(pid: int) -> Iterator[int]:
    """A process and everything that it started, from /proc."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue  # The thread ended while we looked.
        for child in found:
            yield from _tree(int(child))


def _cpu_seconds(pid: int) -> float:
    # The process's CPU clock (clock_getcpuclockid): the same sum as /proc/PID/stat, which counts
    # in hundredths of a second and would be too coarse for a few hundred small requests.
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0
