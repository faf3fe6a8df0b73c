"""Authenticator apps: RFC 6238, the window, and one acceptance per step."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from PIL import Image, ImageDraw
from zxingcpp import read_barcodes

from portal.ceremony import ENTROPY_BYTES, Reason, Rejected, Verified
from portal.factors.totp import TOTP, canonical
from portal.settings import TOTPParameters
from tests.support.clock import START, Entropy
from tests.support.devices import AuthenticatorApp, one_time_code
from tests.support.enrolled import SUBJECT, begin, enrol

# RFC 6238, appendix B: the instants, and the keys (the same digits repeated to the hash's size).
INSTANTS = (59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000)
KEYS = {
    "SHA1": b"12345678901234567890",
    "SHA256": b"12345678901234567890123456789012",
    "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
PUBLISHED = {
    "SHA1": ("94287082", "07081804", "14050471", "89005924", "69279037", "65353130"),
    "SHA256": ("46119246", "68084774", "67062674", "91819424", "90698825", "77737706"),
    "SHA512": ("90693936", "25091201", "99943326", "93441116", "38618901", "47863826"),
}
FORMS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "otp-input-forms.json"
TOTP_30 = TOTP(TOTPParameters())
STEP = timedelta(seconds=30)


def stored(algorithm: str = "SHA1", **more: Any) -> dict[str, Any]:
    """An authenticator with the key of the RFC that was never used."""
    return {
        "secret": base64.b32encode(KEYS[algorithm]).decode(),
        "algorithm": algorithm,
        "digits": 6,
        "period": 30,
        "last_step": -1,
        "drift": 0,
        **more,
    }


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def code_at(step: int) -> str:
    return one_time_code(KEYS["SHA1"], step)


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("position", range(len(INSTANTS)))
def test_the_published_vectors_are_accepted(algorithm: str, position: int) -> None:
    instant, published = INSTANTS[position], PUBLISHED[algorithm][position]
    # The device of the tests stands on the RFC too, not on the portal's library.
    assert published == one_time_code(KEYS[algorithm], instant // 30, digits=8, algorithm=algorithm)
    outcome = TOTP_30.verify(stored(algorithm, digits=8), None, published, at(instant))
    assert isinstance(outcome, Verified)
    assert outcome.data["last_step"] == instant // 30


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("digits", [6, 8])
@pytest.mark.parametrize("period", [30, 60])
def test_every_setting_enrols_and_keeps_its_own_parameters(
    algorithm: str, digits: int, period: int
) -> None:
    factor = TOTP(TOTPParameters(algorithm, digits, period))
    begun = begin(factor)
    app = AuthenticatorApp(algorithm=algorithm)
    app.learn(begun.shown)
    enrolled = factor.finish_enrolment(begun.ceremony, app.answer(START), START)
    assert isinstance(enrolled, Verified)
    # The operator changed the settings since; this app keeps what it was set up with.
    later = START + timedelta(seconds=period)
    assert isinstance(TOTP_30.verify(enrolled.data, None, app.answer(later), later), Verified)


@pytest.mark.parametrize(
    ("ahead", "steps", "accepted"),
    [
        (0, -2, False),
        (0, -1, True),
        (0, 0, True),
        (0, 1, False),
        (1, -2, False),
        (1, -1, True),
        (1, 1, True),
        (1, 2, False),
    ],
)
def test_the_window_is_this_step_the_one_before_and_ahead_by_setting(
    ahead: int, steps: int, accepted: bool
) -> None:
    factor = TOTP(TOTPParameters(steps_ahead=ahead))
    now = at(1111111111)
    outcome = factor.verify(stored(), None, code_at(1111111111 // 30 + steps), now)
    if accepted:
        assert isinstance(outcome, Verified)
        assert outcome.data["drift"] == steps
        assert factor.describe(outcome.data) == {"drift_seconds": steps * 30}
    else:
        assert outcome == Rejected(Reason.WRONG)


@pytest.mark.parametrize(("second", "accepted"), [(0, True), (29.999, True), (30, False)])
def test_a_code_lives_to_the_end_of_the_next_step(second: float, accepted: bool) -> None:
    next_step = (1111111111 // 30 + 1) * 30
    outcome = TOTP_30.verify(stored(), None, code_at(next_step // 30 - 1), at(next_step + second))
    assert isinstance(outcome, Verified) is accepted


def test_an_accepted_code_is_used_up_in_every_later_second() -> None:
    now = at(1111111111)
    first = TOTP_30.verify(stored(), None, code_at(1111111111 // 30), now)
    assert isinstance(first, Verified)
    for later in (now, now + timedelta(seconds=1), now + STEP):
        again = TOTP_30.verify(first.data, None, code_at(1111111111 // 30), later)
        assert again == Rejected(Reason.USED)


def test_the_step_before_an_accepted_one_is_refused() -> None:
    step = 1111111111 // 30
    data = stored(last_step=step)
    now = at(1111111111)
    assert TOTP_30.verify(data, None, code_at(step - 1), now) == Rejected(Reason.USED)
    after = TOTP_30.verify(data, None, code_at(step + 1), now + STEP)
    assert isinstance(after, Verified)


def test_a_clock_set_back_brings_no_used_code_back() -> None:
    step = 1111111111 // 30
    data = stored(last_step=step)
    for back in range(5):
        outcome = TOTP_30.verify(data, None, code_at(step - back), at((step - back) * 30))
        assert outcome == Rejected(Reason.USED)


def test_the_code_that_enrols_is_spent_by_it() -> None:
    begun = begin(TOTP_30)
    code = begun.device.answer(START)
    enrolled = TOTP_30.finish_enrolment(begun.ceremony, code, START)
    assert isinstance(enrolled, Verified)
    assert TOTP_30.verify(enrolled.data, None, code, START) == Rejected(Reason.USED)


@pytest.mark.parametrize(
    "typed", ["050471", " 050471", "050471 ", "050 471", "0 5 0 4 7 1"], ids=repr
)
def test_spaces_in_a_code_are_forgiven(typed: str) -> None:
    assert isinstance(TOTP_30.verify(stored(), None, typed, at(1111111111)), Verified)


@pytest.mark.parametrize(
    "typed",
    [
        "\uff10\uff15\uff10\uff14\uff17\uff11",
        "\u0660\u0665\u0660\u0664\u0667\u0661",
        "050\u00a0471",
        "050471\n",
        "\t050471",
        "+050471",
        "-050471",
        "050471.0",
        "0050471",
        "50471",
        "0x50471",
        "050_471",
        "",
    ],
    ids=repr,
)
def test_a_code_is_written_in_one_way_only(typed: str) -> None:
    outcome = TOTP_30.verify(stored(), None, typed, at(1111111111))
    assert outcome == Rejected(Reason.MALFORMED)


def forms() -> list[dict[str, Any]]:
    return json.loads(FORMS.read_text())["forms"] if FORMS.is_file() else []


@pytest.mark.parametrize("form", forms(), ids=lambda form: form["form"])
def test_the_shared_forms_of_one_code_are_told_apart(form: dict[str, Any]) -> None:
    if form["value"] is None:
        return  # A repeated field; the web floor refuses it before a factor sees it.
    outcome = TOTP_30.verify(stored(), None, form["value"], at(1111111111))
    accepted = isinstance(outcome, Verified)
    assert accepted == (form["expected"] == "accept" or form["value"].replace(" ", "") == "050471")


def test_a_code_of_eight_digits_does_not_pass_as_six() -> None:
    assert canonical("14050471", 6) is None
    assert canonical("14050471", 8) == "14050471"


def test_the_key_has_160_bits_and_never_comes_back() -> None:
    data, _ = enrol(TOTP_30)
    other, _ = enrol(TOTP_30, seed="another")
    assert len(base64.b32decode(data["secret"])) == 20
    assert data["secret"] != other["secret"]


def test_the_key_is_made_of_the_given_entropy() -> None:
    entropy = Entropy("key")(ENTROPY_BYTES)
    state = TOTP_30.begin_enrolment(SUBJECT, entropy).state
    assert base64.b32decode(state["secret"]) == entropy[:20]


@pytest.mark.parametrize(
    ("issuer", "email"),
    [
        ("Livery Portal", "tara@guests.example"),
        ("Wagen & Söhne: Fahrten", "zoë+test@guests.example"),
    ],
)
def test_the_picture_holds_what_an_app_needs(issuer: str, email: str) -> None:
    factor = TOTP(TOTPParameters("SHA256", 8, 60))
    begun = begin(factor, subject=replace(SUBJECT, issuer=issuer, email=email))
    address = urlsplit(read(str(begun.shown["qr"])))
    fields = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/{issuer}:{email}"
    assert fields["issuer"] == issuer
    assert fields["secret"] == begun.shown["secret"].replace(" ", "")
    assert (fields["algorithm"], fields["digits"], fields["period"]) == ("SHA256", "8", "60")


def test_the_picture_is_drawing_only() -> None:
    drawing = str(begin(TOTP_30).shown["qr"])
    assert drawing.startswith("<svg") and drawing.count("<") == drawing.count(">")
    assert not any(word in drawing for word in ("script", "style", "href", "otpauth", "on"))


def read(svg: str) -> str:
    """What a camera reads in the drawing: its path of horizontal strokes, painted."""
    side = int(svg.split('viewBox="0 0 ')[1].split()[0])
    path = svg.split(' d="')[1].split('"')[0]
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    scale = int(svg.split("scale(")[1].split(")")[0]) if "scale(" in svg else 1
    x = y = 0.0
    for command, numbers in commands(path):
        if command == "M":
            x, y = numbers
        elif command == "m":
            x, y = x + numbers[0], y + numbers[1]
        elif command == "h":
            left, top = x * scale, (y - 0.5) * scale
            right = left + numbers[0] * scale
            pen.rectangle((left, top, right - 1, top + scale - 1), fill=0)
            x += numbers[0]
    return read_barcodes(image)[0].text


def commands(path: str) -> list[tuple[str, list[float]]]:
    """The commands of an SVG path: a letter and its numbers."""
    found: list[tuple[str, list[float]]] = []
    number = ""
    for character in [*path, " "]:
        if character in "0123456789." or (character == "-" and not number):
            number += character
            continue
        if number:
            found[-1][1].append(float(number))
            number = "-" if character == "-" else ""
        if character.isalpha():
            found.append((character, []))
    return found
