"""Chains of certificates: whom a root of the metadata vouches for (RFC 5280, 6.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tests.factors.passkey.ceremonies import (
    Desk,
    attested,
    made,
    passkey,
    traits,
)
from tests.support.clock import START
from tests.support.makers import (
    HARDWARE,
    PACKED_SUBJECT,
    ROOT,
    SINCE,
    STRANGE_ROOT,
    UNKNOWN,
    UNTIL,
    Authority,
    Leaf,
    Maker,
    Models,
    key_from,
    name,
)
from tests.support.passkeys import Device

# The chain.

MIDDLE = Authority(key_from("middle"), name({NameOID.COMMON_NAME: "Middle"}), issuer=ROOT)


def test_a_chain_through_an_intermediate_authority_is_attested() -> None:
    assert attested(Maker(Leaf(issuer=MIDDLE), (MIDDLE.der(),)))


def test_a_chain_that_lacks_its_middle_is_not_attested() -> None:
    assert not attested(Maker(Leaf(issuer=MIDDLE)))


def test_a_chain_in_another_order_is_not_attested() -> None:
    lower = Authority(key_from("lower"), name({NameOID.COMMON_NAME: "Lower"}), issuer=MIDDLE)
    assert attested(Maker(Leaf(issuer=lower), (lower.der(), MIDDLE.der())))
    assert not attested(Maker(Leaf(issuer=lower), (MIDDLE.der(), lower.der())))


def test_an_issuer_that_is_no_authority_vouches_for_nobody() -> None:
    plain = replace(MIDDLE, authority=False)
    assert not attested(Maker(Leaf(issuer=plain), (plain.der(),)))


def test_an_issuer_that_does_not_say_what_it_is_vouches_for_nobody() -> None:
    silent = replace(MIDDLE, silent=True)
    assert not attested(Maker(Leaf(issuer=silent), (silent.der(),)))


def test_an_old_root_may_be_silent_about_what_it_is() -> None:
    assert traits(Device(), rooted(replace(ROOT, silent=True).der())).attested


def test_an_authority_without_leave_to_sign_certificates_vouches_for_nobody() -> None:
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    device_key = key_from("issuer of its own")
    leaf = Leaf(subject={NameOID.COMMON_NAME: "Middle"}, authority=True, aaguid=None)
    able = replace(usage_of(leaf, sign=True))
    unable = replace(leaf, more=((usage, True),))
    issuer = Authority(device_key, name({NameOID.COMMON_NAME: "Middle"}))
    for above, good in ((able, True), (unable, False)):
        maker = Maker(Leaf(issuer=issuer), (above.sign(device_key.public_key()),))
        assert attested(maker) is good


def usage_of(leaf: Leaf, *, sign: bool) -> Leaf:
    usage = x509.KeyUsage(False, False, False, False, False, sign, False, False, False)
    return replace(leaf, more=((usage, True),))


def test_a_path_longer_than_its_authority_allows_is_not_attested() -> None:
    short = replace(MIDDLE, path_length=0)
    lower = Authority(key_from("lower"), name({NameOID.COMMON_NAME: "Lower"}), issuer=short)
    assert attested(Maker(Leaf(issuer=short), (short.der(),)))
    assert not attested(Maker(Leaf(issuer=lower), (lower.der(), short.der())))


def test_a_path_longer_than_its_root_allows_is_not_attested() -> None:
    root = replace(ROOT, path_length=0)
    assert traits(Device(), rooted(root.der())).attested
    maker = Maker(Leaf(issuer=MIDDLE), (MIDDLE.der(),))
    assert not traits(Device(maker=maker), rooted(root.der())).attested


def test_a_chain_to_a_root_of_nobodys_is_not_attested() -> None:
    for above in ((), (STRANGE_ROOT.der(),)):
        assert not attested(Maker(Leaf(issuer=STRANGE_ROOT), above))


def test_a_forged_root_of_the_same_name_is_not_attested() -> None:
    forged = replace(ROOT, key=key_from("forger"))
    for above in ((), (forged.der(),), (forged.der(), ROOT.der())):
        assert not attested(Maker(Leaf(issuer=forged), above))


def test_a_model_that_the_metadata_does_not_know_is_not_attested() -> None:
    assert not attested(made(aaguid=UNKNOWN), aaguid=UNKNOWN)


def test_a_model_without_roots_is_not_attested() -> None:
    assert not traits(Device(), rooted()).attested


def test_another_models_root_does_not_vouch() -> None:
    assert not traits(Device(), rooted(STRANGE_ROOT.der())).attested


def test_a_root_that_cannot_be_read_is_passed_over() -> None:
    assert traits(Device(), rooted(b"\x30\x00", ROOT.der() + b"\x00", ROOT.der())).attested


def test_a_leaf_in_the_metadata_vouches_for_itself_alone() -> None:
    maker = Maker(Leaf(issuer=STRANGE_ROOT))
    leaf = maker.certificates()[0]
    found = traits(Device(maker=FixedMaker(fixed=(leaf,))), rooted(leaf))
    assert found.attested
    below = Authority(maker.key, name(PACKED_SUBJECT))
    child = Maker(Leaf(issuer=below), (leaf,), key_from("child"))
    assert not traits(Device(maker=child), rooted(leaf)).attested


@dataclass(frozen=True)
class FixedMaker(Maker):
    """A maker with the very same certificates each time."""

    fixed: tuple[bytes, ...] = ()

    def certificates(self) -> list[bytes]:
        return list(self.fixed)


@pytest.mark.parametrize(
    ("since", "until"), [(SINCE, START - timedelta(days=1)), (START + timedelta(days=1), UNTIL)]
)
def test_certificates_count_only_while_they_are_valid(since: datetime, until: datetime) -> None:
    assert not attested(made(since=since, until=until))
    middle = replace(MIDDLE, since=since, until=until)
    assert not attested(Maker(Leaf(issuer=middle), (middle.der(),)))
    root = replace(ROOT, since=since, until=until)
    assert not traits(Device(), rooted(root.der())).attested


def test_certificates_count_to_their_last_second() -> None:
    maker = made(until=START)
    assert traits(Device(maker=maker), now=START).attested
    ceremony_over = START + timedelta(seconds=1)
    assert not traits(Device(maker=maker), now=ceremony_over).attested


def test_a_certificate_with_an_unknown_critical_extension_is_not_attested() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert attested(made(more=((unknown, False),)))
    assert not attested(made(more=((unknown, True),)))


def test_a_certificate_signed_by_a_hash_that_is_not_listed_is_not_attested() -> None:
    assert not attested(made(hashed=hashes.SHA224()))


def rooted(*roots: bytes) -> Desk:
    """A desk whose metadata lists these roots for the hardware model."""
    catalogue = Models()
    catalogue.models[HARDWARE] = replace(catalogue.models[HARDWARE], roots=roots)
    return Desk(passkey(catalogue=catalogue))
