"""Where events may be sent to, told from the text of an address alone."""

from __future__ import annotations

import pytest

from portal.rules.endpoints import host_of, problem_with


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.partner.example/livery",
        "https://hooks.partner.example",
        "https://hooks.partner.example:443/a/b?c=d&e=%20",
        "HTTPS://Hooks.Partner.Example/",
        "https://xn--bcher-kva.example/",
        "https://1.2.3.4.hooks.example/",
    ],
)
def test_an_https_address_with_a_public_name_is_fine(address: str) -> None:
    assert problem_with(address) is None


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://hooks.partner.example/", "https"),
        ("ftp://hooks.partner.example/", "https"),
        ("//hooks.partner.example/", "https"),
        ("hooks.partner.example", "https"),
        ("javascript:alert(1)", "https"),
        ("", "https"),
        ("https://user:secret@hooks.partner.example/", "credentials"),
        ("https://@hooks.partner.example/", "credentials"),
        ("https://hooks.partner.example@127.0.0.1/", "credentials"),
        ("https://hooks.partner.example/#x", "fragment"),
        ("https://hooks.partner.example/#", "fragment"),
        ("https://hooks.partner.example:8443/", "port"),
        ("https://hooks.partner.example:0/", "port"),
        ("https://hooks.partner.example:/", "port"),
        ("https://127.0.0.1/", "number"),
        ("https://203.0.113.9/", "number"),
        ("https://127.1/", "number"),
        ("https://2130706433/", "number"),
        ("https://0x7f000001/", "number"),
        ("https://0x7f.0.0.0x1/", "number"),
        ("https://017700000001/", "number"),
        ("https://169.254.169.254./latest", "number"),
        ("https://[::1]/", "number"),
        ("https://[::ffff:127.0.0.1]/", "number"),
        ("https://[fe80::1%25eth0]/", "number"),
        ("https://localhost/", "private"),
        ("https://LOCALHOST./", "private"),
        ("https://x.localhost/", "private"),
        ("https://intranet/", "private"),
        ("https://printer.local/", "private"),
        ("https://metadata.google.internal/", "private"),
        ("https://router.lan/", "private"),
        ("https://host.home.arpa/", "private"),
        ("https://1.0.0.127.in-addr.arpa/", "private"),
        ("https://x.onion/", "private"),
        ("https:///path", "shape"),
        ("https://", "shape"),
        ("https://hooks_1.partner.example/", "shape"),
        ("https://-hooks.partner.example/", "shape"),
        ("https://hooks..partner.example/", "shape"),
        ("https://bücher.example/", "shape"),
        ("https://ⓛocalhost.example/", "shape"),
        ("https://hooks.partner.example\\@evil.example/", "shape"),
        ("https://hooks.partner.example/a b", "shape"),
        ("https://hooks.partner.example/\r\nHost: x", "shape"),
        ("https://hooks.partner.example:99999/", "shape"),
        ("https://[::1/", "shape"),
        (f"https://{'a' * 64}.example/", "shape"),
        (f"https://hooks.partner.example/{'a' * 500}", "long"),
    ],
)
def test_every_other_address_is_refused_with_its_reason(address: str, problem: str) -> None:
    assert problem_with(address) == problem


def test_logs_name_the_host_and_never_the_path() -> None:
    assert host_of("https://hooks.partner.example/secret?token=x") == "hooks.partner.example"
