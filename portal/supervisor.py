"""Development's two processes: a server and a worker, started and ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import click
from flask import Flask

from portal import demo
from portal.migrate import upgrade
from portal.web.run import Runner

STOP_WAIT_S = 5


def server_command(port: int) -> list[str]:
    """Granian with one process: SQLite is written from one server process (DESIGN, section 9)."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--no-ws"),
        *("--log-level", "error", "app:app"),
    ]


def run(app: Flask, port: int) -> None:
    """Prepare the database and the demo people, then run until interrupted."""
    runner: Runner = app.extensions["portal"]
    upgrade(app)

    def run_flow(flow: Any, *arguments: Any, **named: Any) -> Any:
        return runner.run(runner.edge(), flow, *arguments, **named)

    demo.seed(run_flow, runner)
    base_url = f"http://localhost:{port}"
    environment = {**os.environ, "PORTAL_BASE_URL": base_url}
    processes = [
        subprocess.Popen(command, env=environment)  # noqa: S603 (our own two commands)
        for command in (
            server_command(port),
            [sys.executable, "-m", "flask", "--app", "app", "worker"],
        )
    ]
    click.echo(demo.introduction(base_url))
    _wait(processes)


def _wait(processes: list[subprocess.Popen[bytes]]) -> None:
    """Until one of them ends or we are asked to stop; then neither is left behind."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        os.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
