"""The promise that no test reaches another machine, whatever a library tries."""

from __future__ import annotations

import socket

import pytest

from tests.support.network import NetworkForbidden, is_loopback


def test_connecting_to_another_machine_is_refused() -> None:
    with pytest.raises(NetworkForbidden):
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_asking_for_another_name_is_refused() -> None:
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("mail.example.org", 25)


def test_listening_for_other_machines_is_refused() -> None:
    with socket.socket() as listener, pytest.raises(NetworkForbidden):
        listener.bind(("0.0.0.0", 0))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "a.localhost", ""])
def test_this_machine_is_open(host: str) -> None:
    assert is_loopback(host)
