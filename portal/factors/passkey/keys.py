"""Credentials' public keys: whether one can be relied on, and whether it made a signature.

The library looks at an algorithm's number alone: a point off its curve, a key of another curve or
a short RSA key would register, and then fail at each sign-in or guard nothing (WebAuthn Level 3,
5.8.5 and 6.5.1.1; NIST SP 800-63B-4, 3.1.6.2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PublicKey,
    MLDSA65PublicKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from portal.ceremony import Reason
from portal.factors.passkey.encoding import Refusal
from portal.factors.passkey.options import (
    EDDSA,
    ES256,
    ML_DSA_44,
    ML_DSA_65,
    ML_DSA_87,
    RS256,
)

# COSE key types and curves (RFC 9053, 7.1; RFC 9864 for AKP).
OKP, EC2, RSA, AKP = 1, 2, 3, 7
P_256, ED25519 = 1, 6
KTY, ALG = 1, 3

RSA_BITS_MIN = 2048  # 112 bits of strength.
RSA_BITS_MAX = 8192  # A greater one costs more than it protects.
ML_DSA_BYTES = {ML_DSA_44: 1312, ML_DSA_65: 1952, ML_DSA_87: 2592}  # FIPS 204, table 2.

_P_256, _SHA256, _ECDSA, _PKCS1 = SECP256R1(), SHA256(), ECDSA(SHA256()), PKCS1v15()
_ML_DSA = {ML_DSA_44: MLDSA44PublicKey, ML_DSA_65: MLDSA65PublicKey, ML_DSA_87: MLDSA87PublicKey}

# The field and the curve constant of Ed25519 (RFC 8032, 5.1).
_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME


def check(encoded: bytes) -> int:
    """The algorithm of a COSE key. Raises Refusal for a key that we cannot rely on.

    That it was offered, the library has compared; by value alone, so that -7.0 passes there.
    """
    key = cbor2.loads(encoded, allow_duplicate_keys=False)
    if not isinstance(key, dict) or any(type(label) is not int for label in key):
        raise _unfit("COSE key")
    algorithm = key.get(ALG)
    if type(algorithm) is not int or algorithm not in _CHECKS:
        raise _unfit("alg")
    key_type, labels, whole = _CHECKS[algorithm]
    # Nothing optional may stand in it (6.5.1.1), and nothing may be missing.
    if set(key) != {KTY, ALG, *labels} or type(key[KTY]) is not int or key[KTY] != key_type:
        raise _unfit("kty")
    if not whole(key):
        raise _unfit("credential public key")
    return algorithm


def verify(encoded: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature by a key that `check` let in. Raises Refusal."""
    algorithm, key = _loaded(encoded)
    try:
        if algorithm == ES256:
            key.verify(signature, message, _ECDSA)
        elif algorithm == RS256:
            key.verify(signature, message, _PKCS1, _SHA256)
        else:
            key.verify(signature, message)
    except InvalidSignature as error:
        raise Refusal(Reason.WRONG, "signature") from error


@lru_cache(maxsize=1024)  # A public key is no secret, and a quarter of what checking by it costs.
def _loaded(encoded: bytes) -> tuple[int, Any]:
    key = cbor2.loads(encoded)
    algorithm = key[ALG]
    if algorithm == ES256:
        point = b"\x04" + key[-2] + key[-3]
        return algorithm, EllipticCurvePublicKey.from_encoded_point(_P_256, point)
    if algorithm == EDDSA:
        return algorithm, Ed25519PublicKey.from_public_bytes(key[-2])
    if algorithm == RS256:
        numbers = RSAPublicNumbers(int.from_bytes(key[-2]), int.from_bytes(key[-1]))
        return algorithm, numbers.public_key()
    if algorithm in _ML_DSA:
        return algorithm, _ML_DSA[algorithm].from_public_bytes(key[-1])
    raise _unfit("alg")


def _unfit(why: str) -> Refusal:
    return Refusal(Reason.UNSUPPORTED, why)


def _on_p_256(key: dict[int, Any]) -> bool:
    """Uncompressed coordinates of a point on P-256."""
    x, y = key[-2], key[-3]
    if not (_is_curve(key[-1], P_256) and _is_bytes(x, 32) and _is_bytes(y, 32)):
        return False
    numbers = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), _P_256)
    try:
        numbers.public_key()
    except ValueError:
        return False
    return True


def _on_ed25519(key: dict[int, Any]) -> bool:
    """A point on Ed25519 whose order is not small: under such a key anybody could sign."""
    if not (_is_curve(key[-1], ED25519) and _is_bytes(key[-2], 32)):
        return False
    y = int.from_bytes(key[-2], "little") & (2**255 - 1)
    if y >= _PRIME:
        return False
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    if square and pow(square, (_PRIME - 1) // 2, _PRIME) != 1:
        return False
    return not _of_small_order(square, y)


def _of_small_order(square: int, y: int) -> bool:
    """Whether eight times the point is the neutral one; `square` is that of its x.

    Order 1 and 2 have x = 0, order 4 has y = 0, and a point of order 8 doubles to one of order 4:
    then y² = -x² (the doubling formula's y is x² + y² over something).
    """
    return square == 0 or y == 0 or (y * y + square) % _PRIME == 0


def _is_rsa(key: dict[int, Any]) -> bool:
    if not (isinstance(key[-1], bytes) and isinstance(key[-2], bytes) and len(key[-2]) <= 4):
        return False
    modulus, exponent = int.from_bytes(key[-1]), int.from_bytes(key[-2])
    long_enough = RSA_BITS_MIN <= modulus.bit_length() <= RSA_BITS_MAX
    return long_enough and modulus % 2 == 1 and exponent % 2 == 1 and exponent > 1


def _is_ml_dsa(key: dict[int, Any]) -> bool:
    return _is_bytes(key[-1], ML_DSA_BYTES[key[ALG]])


def _is_curve(value: Any, curve: int) -> bool:
    return type(value) is int and value == curve


def _is_bytes(value: Any, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


_CHECKS: dict[int, tuple[int, tuple[int, ...], Callable[[dict[int, Any]], bool]]] = {
    ES256: (EC2, (-1, -2, -3), _on_p_256),
    EDDSA: (OKP, (-1, -2), _on_ed25519),
    RS256: (RSA, (-1, -2), _is_rsa),
    **dict.fromkeys(ML_DSA_BYTES, (AKP, (-1,), _is_ml_dsa)),
}
