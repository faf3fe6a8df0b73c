"""A loopback address before several servers: each new connection goes to the next one.

What a balancer is to an operator, as small as it can be. It reads nothing of what passes.
"""

from __future__ import annotations

import itertools
import socket
import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress


class Forwarder:
    """A listening address and how many connections each server behind it was given."""

    def __init__(self, listener: socket.socket, backends: Sequence[int]) -> None:
        self._listener = listener
        self._backends = itertools.cycle(backends)
        self.port = int(listener.getsockname()[1])
        self.connections: Counter[int] = Counter()

    def run(self) -> None:
        """Accept until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._forward(client)

    def _forward(self, client: socket.socket) -> None:
        port = next(self._backends)
        self.connections[port] += 1
        threading.Thread(target=_relay, args=(client, port), daemon=True).start()


def _relay(client: socket.socket, port: int) -> None:
    with client, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
        answers = threading.Thread(target=_pump, args=(server, client), daemon=True)
        answers.start()
        _pump(client, server)
        answers.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    # The other direction may still be speaking: only this one is at its end.
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def listening() -> Generator[socket.socket]:
    """A loopback socket that accepts already; servers can be told its address before they start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@contextmanager
def forwarding(listener: socket.socket, backends: Sequence[int]) -> Generator[Forwarder]:
    """Forward what the listener accepts to these loopback ports, one after the other."""
    forwarder = Forwarder(listener, backends)
    thread = threading.Thread(target=forwarder.run, daemon=True)
    thread.start()
    try:
        yield forwarder
    finally:
        # shutdown() wakes the accept() that close() alone would leave waiting.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
