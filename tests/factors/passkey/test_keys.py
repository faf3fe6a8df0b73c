"""Credential public keys: each offered kind passes, and none that could not be relied on."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from portal.ceremony import Reason, Verified
from tests.factors.passkey.ceremonies import Desk, passkey, refused
from tests.support import cbor
from tests.support.passkeys import ML_DSA, Device, Flaw, new_key

REFUSED = {Reason.UNSUPPORTED, Reason.MALFORMED}
P = 2**255 - 19
GOOD = new_key(-7).public_key().public_numbers()
X, Y = GOOD.x.to_bytes(32), GOOD.y.to_bytes(32)
ED = new_key(-8).public_key().public_bytes_raw()
SHORT = rsa.generate_private_key(65537, 1024).public_key().public_numbers()


def verdict(key: dict[Any, Any] | bytes) -> tuple[Reason, str]:
    """Why a key is refused that an authenticator without attestation names as its own."""
    encoded = key if isinstance(key, bytes) else cbor.encode(key)
    return refused(Desk().register(Device(attestation="none"), Flaw(public_key=encoded)))


@pytest.mark.parametrize("algorithm", [-7, -8, -257, *ML_DSA])
def test_a_key_of_each_offered_algorithm_registers_and_signs(algorithm: int) -> None:
    desk = Desk(passkey(post_quantum=True))
    device = Device(algorithm=algorithm, attestation="self")
    data = desk.enrol(device)
    assert data["algorithm"] == algorithm
    assert isinstance(desk.assert_(data, device), Verified)


@pytest.mark.parametrize("algorithm", [-48, -35, -36, -53, -37, -65535, 7])
def test_an_algorithm_that_is_not_offered_is_refused(algorithm: int) -> None:
    assert verdict({1: 2, 3: algorithm, -1: 1, -2: X, -3: Y}) == (Reason.UNSUPPORTED, "alg")


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 2, -2: X, -3: Y},  # P-384 by name.
        {1: 2, 3: -7, -1: 2, -2: bytes(48), -3: bytes(48)},
        {1: 2, 3: -7, -1: 1, -2: X, -3: Y[:-1] + bytes([Y[-1] ^ 1])},  # Off the curve.
        {1: 2, 3: -7, -1: 1, -2: X, -3: True},  # Compressed.
        {1: 2, 3: -7, -1: 1, -2: X, -3: False},
        {1: 2, 3: -7, -1: 1, -2: b"\x00" + X, -3: Y},
        {1: 2, 3: -7, -1: 1, -2: X.hex(), -3: Y},
        {1: 2, 3: -7, -1: True, -2: X, -3: Y},
        {1: 2, 3: -7, -1: 1, -2: X},
        {1: 2, 3: -7, -1: 1, -2: X, -3: Y, 4: [1]},  # An optional member.
        {1: 1, 3: -7, -1: 1, -2: X, -3: Y},
        {1: 2, 3: -8, -1: 1, -2: X, -3: Y},  # EdDSA on EC2.
        {1: True, 3: -8, -1: 6, -2: ED},
        {1: 1, 3: -8, -1: 7, -2: ED},
        {1: 1, 3: -8, -1: 6, -2: ED[:-1]},
        {1: 1, 3: -8, -1: 6, -2: ED, -3: True},
        {1: 3, 3: -257, -1: SHORT.n.to_bytes(128), -2: b"\x01\x00\x01"},  # 1024 bits.
        {1: 3, 3: -257, -1: b"\xff" * 255 + b"\xfe", -2: b"\x01\x00\x01"},  # Even.
        {1: 3, 3: -257, -1: b"\xff" * 1025, -2: b"\x01\x00\x01"},  # 8200 bits.
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\x01"},
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\x02"},
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\xff" * 5},
        {1: 3, 3: -257, -1: 7, -2: 65537},
        {True: 2, 3: -7, -1: 1, -2: X, -3: Y},
        {"kty": 1, 1: 2, 3: -7, -1: 1, -2: X, -3: Y},
    ],
    # Dictionaries are named by their place: workers must agree on the names, and keys are random.
)
def test_a_key_that_cannot_be_relied_on_is_refused(key: dict[Any, Any]) -> None:
    # Where the library cannot even read it, it is malformed.
    assert verdict(key)[0] in REFUSED


@pytest.mark.parametrize("algorithm", ["-7", True, b"\x07", [-7], 0, None])
def test_an_algorithm_that_is_no_number_is_refused(algorithm: Any) -> None:
    key = {1: 2, 3: algorithm, -1: 1, -2: X, -3: Y}
    if algorithm is None:
        del key[3]
    assert verdict(key)[0] in REFUSED


# By value an algorithm that is offered, by type a floating-point number.
FLOAT = b"\xa5\x01\x02\x03\xf9\xc7\x00\x20\x01\x21\x58\x20" + X + b"\x22\x58\x20" + Y
NO_KEYS = (FLOAT, b"\x04" + X + Y, b"\x01", b"\x80", b"\xf6", b"\xa0", b"")


@pytest.mark.parametrize(
    "key", NO_KEYS, ids=[f"{len(key)} bytes {n}" for n, key in enumerate(NO_KEYS)]
)
def test_what_is_no_cose_key_is_refused(key: bytes) -> None:
    assert verdict(key)[0] in REFUSED


# Points of small order on Ed25519, each of which lets anybody sign (RFC 8032, 5.1; order 8 by
# solving the curve's equation at y² = -x²).
ORDER_8 = (
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", [0, 1, P - 1, *ORDER_8])
def test_a_point_of_small_order_is_refused(y: int, sign: int) -> None:
    encoded = (y | sign << 255).to_bytes(32, "little")
    assert verdict({1: 1, 3: -8, -1: 6, -2: encoded}) == (
        Reason.UNSUPPORTED,
        "credential public key",
    )


@pytest.mark.parametrize("y", [2, P, P + 1, 2**255 - 1])
def test_what_is_no_point_of_ed25519_is_refused(y: int) -> None:
    assert verdict({1: 1, 3: -8, -1: 6, -2: y.to_bytes(32, "little")})[0] is Reason.UNSUPPORTED
