"""A whole life is played; then its secrets are searched for in the log and in every table."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.house import House, Visitor
from tests.support.web import cookie, dump

ADDRESS, MOVED = "carla@canary.example", "carla.new@canary.example"
FIRST = "canary-one twelve velvet drums"
SECOND = "canary-two marble rain in june"
WRONG = "canary-three never the right one"
TOKEN = re.compile(r"/([A-Za-z0-9_-]{43})\b")


class Life:
    """Carla's life at the portal, with everything secret that she or the portal ever held."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.carla = house.visitor()
        self.secrets: dict[str, str] = {"password": FIRST, "new password": SECOND, "wrong": WRONG}

    def play(self) -> None:
        self.house.organise()
        self.register()
        self.enrol()
        self.keep_tokens("enrolled")
        self.change_password()
        self.change_email()
        self.unlock()
        self.sign_in_with_a_code()
        self.house.work()

    def keep_tokens(self, when: str) -> None:
        for name in ("session", "browser", "link"):
            if value := cookie(self.carla, name):
                self.secrets[f"{name} {when}"] = value

    def link(self, address: str) -> str:
        # While the mail still waits, its link is in the outbox: sealed, like everything there.
        self.search()
        path = self.house.link(address)
        found = TOKEN.search(path)
        assert found
        self.secrets[f"link {path.partition('/')[2].partition('/')[0]} {len(self.secrets)}"] = (
            found.group(1)
        )
        return path

    def register(self) -> None:
        carla = self.carla
        carla.get("/register")
        carla.post("/register", name="Carla", email=ADDRESS, password=FIRST)
        carla.follow(carla.get(self.link(ADDRESS)))
        self.keep_tokens("activating")
        carla.post("/activate", password=WRONG)
        assert carla.post("/activate", password=FIRST).status_code == 303

    def enrol(self) -> None:
        assert self.carla.enrol_app().status_code == 303
        assert self.carla.app is not None
        key = self.carla.app.key
        self.secrets["key"] = key
        self.secrets["key in groups"] = " ".join(re.findall("....", key))
        self.carla.make_codes()
        for number, code in enumerate(self.carla.codes):
            self.secrets[f"backup code {number}"] = code

    def change_password(self) -> None:
        self.carla.get("/account/password")
        self.carla.post("/account/password", current=WRONG, new=SECOND)
        changed = self.carla.post("/account/password", current=FIRST, new=SECOND)
        assert changed.status_code == 303
        self.keep_tokens("changed")

    def change_email(self) -> None:
        self.carla.get("/account/email")
        assert self.carla.post("/account/email", email=MOVED).status_code == 303
        self.carla.follow(self.carla.get(self.link(MOVED)))
        assert self.carla.post("/account/email/confirmation").status_code == 303
        self.house.work()
        self.carla.get("/security")
        self.carla.post("/logout")

    def unlock(self) -> None:
        self.carla.get("/login/unlock")
        self.carla.post("/login/unlock", email=MOVED)
        self.carla.follow(self.carla.get(self.link(MOVED)))
        self.carla.post("/unlock")
        self.keep_tokens("unlocked")

    def sign_in_with_a_code(self) -> None:
        self.carla.password(MOVED, WRONG)
        self.carla.password(MOVED, SECOND)
        self.keep_tokens("pending")
        typed = self.carla.codes[3]
        self.carla.get("/login/challenge/totp")
        self.carla.prove("918273")
        self.secrets["wrong code"] = "918273"
        assert self.carla.prove().status_code == 303
        self.keep_tokens("whole")
        self.carla.get("/security")
        self.carla.post("/logout")
        self.carla.password(MOVED, SECOND)
        self.carla.get("/login/challenge/backup_codes")
        assert self.carla.post("/login/challenge/backup_codes", code=typed).status_code == 303

    def search(self) -> None:
        for place, text in everything(self.house):
            for name, secret in self.secrets.items():
                for form in forms(secret):
                    assert form not in text, f"{name} lies in {place}"


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as the encodings that hide it from the eye alone."""
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    yield base64.b64encode(plain).rstrip(b"=")
    yield base64.urlsafe_b64encode(plain).rstrip(b"=")
    if re.fullmatch(r"[A-Z0-9-]+", secret) and "-" in secret:
        yield plain.replace(b"-", b"")
    if re.fullmatch(r"[A-Z2-7]{32}", secret):
        yield base64.b32decode(secret)


def everything(house: House) -> Iterator[tuple[str, bytes]]:
    """Every value of every row as bytes."""
    for table, found in dump(house).items():
        for row in found:
            for column, value in row.items():
                yield f"{table}.{column}", as_bytes(value)


def as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value, default=str)).encode()


@pytest.fixture
def log(database_url: str) -> Iterator[io.StringIO]:
    """What the portal writes to standard error; asked for before the house, which opens it."""
    with contextlib.redirect_stderr(io.StringIO()) as written:
        yield written


def test_no_secret_of_a_life_is_left_anywhere_in_clear(
    log: io.StringIO, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    life = Life(house)
    life.play()
    life.search()
    logs = log.getvalue() + caplog.text
    assert '"endpoint": "register.open_activation"' in logs, "the log was captured"
    for name, secret in life.secrets.items():
        for form in forms(secret):
            assert form.decode("latin-1") not in logs, f"{name} lies in the log"
    assert len(life.secrets) > 20


def test_sent_mail_leaves_no_payload_behind(house: House) -> None:
    Life(house).play()
    left = dump(house)["outbox"]
    assert left
    assert all(row["state"] == "sent" and row["payload"] is None for row in left)


def test_a_failure_inside_is_logged_without_what_was_typed(log: io.StringIO, house: House) -> None:
    # The database goes away while a password is on its way in: the trace must not hold it.
    visitor: Visitor = house.visitor()
    visitor.get("/login")
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE authenticators RENAME TO away")
    try:
        answer = visitor.post("/login", email=ADDRESS, password=FIRST)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO authenticators")
    assert answer.status_code == 500
    assert "wrong on our side" in answer.text
    logs = log.getvalue()
    assert "request.failed" in logs
    assert FIRST not in logs
    assert ADDRESS not in logs
