"""Real processes of the portal: web servers on loopback ports, and workers.

It starts them, waits until they answer and ends them by their own process number. What they are
told, they are told by environment variables, as an operator would.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.05

# What a program needs from the machine; the portal's own settings come from the test alone.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class NotReady(Exception):
    """A process ended or did not answer in time; the message ends with what it wrote."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running program of the portal and the file that holds what it writes."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def output(self) -> str:
        """Everything that it has written so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Ask it to end as an operator would, and wait; kill what does not listen."""
        if self.popen.poll() is None:
            self.popen.terminate()
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it at once with all that it started, as a power cut or `kill -9` would."""
        # The process leads a group of its own, so this reaches a server's worker processes too.
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@dataclass(frozen=True, slots=True)
class Server(Process):
    """A web server process. `url` is on localhost, where browsers allow passkeys without TLS."""

    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def wait_until_ready(self) -> None:
        """Return when /healthz answers 200; raises NotReady with the log."""
        for _ in range(int(READY_SECONDS / _LOOK_AGAIN_SECONDS)):
            if self._is_healthy():
                return
            try:
                # Waiting for its end is the pause between two looks: an early death shows at once.
                code = self.popen.wait(_LOOK_AGAIN_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise NotReady(f"the server ended with {code}:\n{self.output[-4000:]}")
        raise NotReady(f"no answer in {READY_SECONDS:.0f} s:\n{self.output[-4000:]}")

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("localhost", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def running_servers(
    folder: Path,
    environment: Mapping[str, str],
    *,
    count: int = 1,
    target: str = "app:app",
) -> Generator[list[Server]]:
    """`count` web processes of one portal, all ready, ended with the block.

    They share `environment`; PORTAL_BASE_URL is the first one's address unless it is given.
    """
    ports = [free_port() for _ in range(count)]
    shared = {"PORTAL_BASE_URL": f"http://localhost:{ports[0]}", **environment}
    with ExitStack() as stack:
        servers = [stack.enter_context(_server(folder, shared, port, target)) for port in ports]
        for server in servers:
            server.wait_until_ready()
        yield servers


@contextmanager
def running_worker(
    folder: Path,
    environment: Mapping[str, str],
    *,
    arguments: Sequence[str] = ("worker",),
    target: str = "app",
) -> Generator[Process]:
    """A process of `flask worker` (or another command of the portal), ended with the block."""
    command = [sys.executable, "-m", "flask", "--app", target, *arguments]
    log = folder / f"worker-{free_port()}.log"
    process = Process(_start(command, environment, log), log)
    try:
        yield process
    finally:
        process.stop()


def run_command(environment: Mapping[str, str], *arguments: str) -> str:
    """Run `flask --app app <arguments>` to its end and return what it printed; fails with it."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        cwd=ROOT,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, f"flask {' '.join(arguments)} ended {done.returncode}:\n{output}"
    return output


@contextmanager
def _server(
    folder: Path, environment: Mapping[str, str], port: int, target: str
) -> Generator[Server]:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "8", "--no-ws"),
        target,
    ]
    with running_program(folder, environment, port, command) as server:
        yield server


@contextmanager
def running_program(
    folder: Path, environment: Mapping[str, str], port: int, command: Sequence[str]
) -> Generator[Server]:
    """A program that serves the portal on a loopback port, ended with the block."""
    log = folder / f"server-{port}.log"
    server = Server(_start(command, environment, log), log, port)
    try:
        yield server
    finally:
        server.stop()


def _start(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, "PORTAL_MODE": "development", "PYTHONUNBUFFERED": "1", **given}
