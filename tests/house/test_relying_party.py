"""The settings of passkeys, read from the environment: what is taken, and what stops the start."""

from __future__ import annotations

import pytest

from portal.relying_party import RelyingParty
from portal.settings import DEVELOPMENT_MODELS, WeakSettings, from_environment

PRINT = ":".join(f"{number:02X}" for number in range(32))
OTHER = ":".join(["AB"] * 32)


def read(base_url: str = "https://portal.livery.example", **more: str) -> RelyingParty:
    environment = {"PORTAL_MODE": "development", "PORTAL_BASE_URL": base_url, **more}
    return from_environment(environment).relying_party


def refused(base_url: str = "https://portal.livery.example", **more: str) -> list[str]:
    """The names of the variables that stop the start; none of their values is told."""
    with pytest.raises(WeakSettings) as weak:
        read(base_url, **more)
    for value in more.values():
        assert len(value) < 8 or value not in str(weak.value)
    return [problem.partition(":")[0] for problem in weak.value.problems]


def test_nothing_is_needed() -> None:
    assert read() == RelyingParty()


@pytest.mark.parametrize(
    ("base_url", "domain"),
    [
        ("https://portal.livery.example", "portal.livery.example"),
        ("https://portal.livery.example:8443", "livery.example"),
        ("https://a.b.livery.example", "livery.example"),
        ("http://localhost:8000", "localhost"),
    ],
)
def test_the_domain_is_the_portals_host_or_above_it(base_url: str, domain: str) -> None:
    assert read(base_url, PORTAL_RP_ID=domain).id == domain


@pytest.mark.parametrize(
    ("base_url", "domain"),
    [
        ("https://portal.livery.example", "example"),
        ("https://portal.livery.example", "other.example"),
        ("https://portal.livery.example", "ivery.example"),
        ("https://portal.livery.example", "www.portal.livery.example"),
        ("https://portal.livery.example", "Livery.example"),
        ("https://portal.livery.example", ".livery.example"),
        ("https://portal.livery.example", "livery.example."),
        ("https://portal.livery.example", "livery.example:443"),
        ("https://portal.livery.example", "https://livery.example"),
        ("https://192.0.2.7", "192.0.2.7"),
        ("https://192.0.2.7", "2.7"),
        ("https://[2001:db8::1]", "2001:db8::1"),
        ("https://portal.livery.example:port", "livery.example:port"),
        ("https://bücher.example", "bücher.example"),
    ],
)
def test_any_other_domain_is_refused(base_url: str, domain: str) -> None:
    assert refused(base_url, PORTAL_RP_ID=domain) == ["PORTAL_RP_ID"]


def test_related_origins_are_read_in_order_and_once() -> None:
    given = "https://ride.example, https://ride.example.net:8443,https://ride.example,"
    assert read(PORTAL_RELATED_ORIGINS=given).related == (
        "https://ride.example",
        "https://ride.example.net:8443",
    )


@pytest.mark.parametrize(
    "origin",
    [
        "http://ride.example",
        "ride.example",
        "https://ride.example/",
        "https://ride.example/page",
        "https://ride.example?x",
        "https://somebody@ride.example",
        "https://Ride.example",
        "https://ride.example:443",
        "https://ride.example:port",
        "https://",
        "https://*.ride.example",
        "https://ride.example https://b.example",
        "android:apk-key-hash:abc",
        "https://[::1",
        "null",
    ],
)
def test_an_origin_that_no_browser_would_send_is_refused(origin: str) -> None:
    given = f"https://good.example,{origin}"
    assert refused(PORTAL_RELATED_ORIGINS=given) == ["PORTAL_RELATED_ORIGINS"]


def test_an_app_may_be_signed_with_several_keys() -> None:
    given = f"example.livery={PRINT.lower()}, example.livery={OTHER},example.driver = {OTHER}"
    assert read(PORTAL_ANDROID_APPS=given).android == {
        "example.livery": (PRINT, OTHER),
        "example.driver": (OTHER,),
    }


@pytest.mark.parametrize(
    "app",
    [
        "example.livery",
        "example.livery=",
        f"={PRINT}",
        f"livery={PRINT}",
        f"example.livery={PRINT[:-3]}",
        f"example.livery={PRINT}:00",
        f"example.livery={PRINT.replace(':', '')}",
        f"example.livery={PRINT.replace('0', 'G')}",
        f"1example.livery={PRINT}",
        f"example livery={PRINT}",
        f"example.livery={PRINT}=",
        f"exämple.livery={PRINT}",
    ],
)
def test_an_android_app_is_a_package_and_a_fingerprint(app: str) -> None:
    given = f"example.good={PRINT},{app}"
    assert refused(PORTAL_ANDROID_APPS=given) == ["PORTAL_ANDROID_APPS"]


def test_apple_apps_are_read() -> None:
    given = "ABCDE12345.example.livery,ABCDE12345.example.driver-app"
    assert read(PORTAL_APPLE_APPS=given).apple == tuple(given.split(","))


@pytest.mark.parametrize(
    "app",
    ["example.livery", "ABCDE12345", "ABCDE12345.", "abcde12345.example", "ABCDE12345.a b"],
)
def test_an_apple_app_is_a_team_and_a_bundle(app: str) -> None:
    assert refused(PORTAL_APPLE_APPS=f"ABCDE12345.good,{app}") == ["PORTAL_APPLE_APPS"]


@pytest.mark.parametrize(("given", "offered"), [("0", False), ("1", True), ("", False)])
def test_post_quantum_keys_are_offered_when_asked_for(given: str, offered: bool) -> None:
    assert read(PORTAL_PASSKEY_POST_QUANTUM=given).post_quantum is offered


def test_anything_but_one_and_nought_is_refused() -> None:
    assert refused(PORTAL_PASSKEY_POST_QUANTUM="yes") == ["PORTAL_PASSKEY_POST_QUANTUM"]


def test_development_alone_has_the_development_models() -> None:
    made = from_environment({"PORTAL_MODE": "development"})
    assert made.authenticator_models_file == DEVELOPMENT_MODELS
    with pytest.raises(WeakSettings) as weak:
        from_environment({"PORTAL_AUTHENTICATOR_MODELS": f"copy/{DEVELOPMENT_MODELS}"})
    assert any("PORTAL_AUTHENTICATOR_MODELS" in problem for problem in weak.value.problems)
