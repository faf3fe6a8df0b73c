"""The simplest portal that could be right: one person, a few browsers, plain lists and dicts.

It shares nothing with the real one but the numbers of DESIGN, written out again. It knows no
HTTP, no database and no secret: only who may get in, and what every attempt must be answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PENDING, GATE, FRESH = timedelta(minutes=10), timedelta(minutes=30), timedelta(minutes=5)
STRANGERS = -1


@dataclass
class Proof:
    """One answer that was right: by which authenticator, when."""

    kind: str
    identity: object
    at: datetime


@dataclass
class Browser:
    """What a browser's session has proved; no proofs means nobody is signed in."""

    number: int
    known: bool = False  # A full sign-in happened in it: its attempts are counted apart.
    lane: int = STRANGERS  # Whose attempts the session it holds uses up.
    proofs: list[Proof] = field(default_factory=list)
    seen: datetime | None = None
    ends: datetime | None = None

    def end(self) -> None:
        self.proofs = []


@dataclass
class App:
    """An authenticator app: its row, and the last time step that was accepted."""

    identity: str
    last_step: int


@dataclass
class Model:
    """The person, what they hold, and every browser."""

    now: datetime
    browsers: list[Browser]
    password: str
    apps: list[App] = field(default_factory=list)
    codes: dict[str, bool] = field(default_factory=dict)  # Code → used.
    code_set: int = 0
    required: bool = False
    enabled: bool = True
    budgets: dict[tuple[str, int], tuple[int, datetime]] = field(default_factory=dict)

    # What a session may do.

    def base(self) -> int:
        return 2 if self.required or self.apps else 1

    def level(self, browser: Browser, *, active: bool = False) -> int:
        """1: one kind of proof; 2: password and possession, both of today, and not idle."""
        if not browser.proofs:
            return 0
        month = [proof for proof in browser.proofs if self.now - proof.at < 30 * DAY]
        if _worth(month) < 2:
            return _worth(month)
        today = [proof for proof in month if self.now - proof.at < DAY]
        assert browser.seen is not None
        awake = active or self.now - browser.seen < HOUR
        return 2 if _worth(today) == 2 and awake else 1

    def alive(self, browser: Browser) -> bool:
        assert not browser.proofs or browser.ends is not None
        return bool(
            browser.proofs
            and self.enabled
            and browser.ends is not None
            and self.now < browser.ends
            and self.level(browser) > 0
        )

    def must_enrol(self) -> bool:
        return self.required and not self.apps

    def full(self, browser: Browser) -> bool:
        """Whether GET / is answered: the whole point."""
        return self.alive(browser) and not self.must_enrol() and self.level(browser) >= self.base()

    def kinds(self) -> set[str]:
        held = {"password"}
        held |= {"totp"} if self.apps else set()
        return held | ({"backup_codes"} if self.codes else set())

    def offered(self, browser: Browser) -> set[str]:
        """The kinds that a challenge takes now."""
        if not self.alive(browser) or self.must_enrol() or self.full(browser):
            return set()
        if self.level(browser, active=True) >= self.base():
            return self.kinds()  # It was whole and idled out: any one proof restores it.
        today = [proof for proof in browser.proofs if self.now - proof.at < DAY]
        completing = {
            kind for kind in self.kinds() if _worth([*today, Proof(kind, "", self.now)]) == 2
        }
        return completing or self.kinds()

    def is_fresh(self, browser: Browser) -> bool:
        """Whether security settings may be changed: the highest level held, proved just now."""
        gate = self.must_enrol()
        if not self.alive(browser) or not (gate or self.full(browser)):
            return False
        strong = not gate and len(self.kinds()) > 1
        limit = GATE if gate else FRESH
        proofs = [proof for proof in browser.proofs if not strong or proof.kind != "password"]
        reached = self.level(browser) == 2 or not strong
        return reached and any(timedelta(0) <= self.now - proof.at <= limit for proof in proofs)

    # What happens.

    def attempt(self, kind: str, lane: int) -> bool:
        """Count one attempt; False when it must be refused unseen."""
        failures, next_at = self.budgets.get((kind, lane), (0, self.now))
        limit = 80 if lane == STRANGERS else 20
        if failures >= limit or (failures >= 5 and self.now < next_at):
            return False
        failures += 1
        seconds = 0 if failures < 5 else min(30 * 2 ** (failures - 5), 3600)
        self.budgets[kind, lane] = (failures, self.now + timedelta(seconds=seconds))
        return True

    def open(self, browser: Browser) -> None:
        """A right password in a browser that holds no session."""
        browser.lane = browser.number if browser.known else STRANGERS
        browser.proofs = []
        self.prove(browser, "password", "password")

    def prove(self, browser: Browser, kind: str, identity: object) -> None:
        """A right answer: its attempts are forgiven, and the session goes on from here."""
        self.budgets.pop((kind, browser.lane), None)
        self.record(browser, kind, identity)

    def record(self, browser: Browser, kind: str, identity: object) -> None:
        kept = [proof for proof in browser.proofs if proof.identity != identity]
        browser.proofs = [*kept, Proof(kind, identity, self.now)]
        browser.seen = self.now
        latest = max(proof.at for proof in browser.proofs)
        if self.must_enrol():
            browser.ends = latest + GATE
        elif self.level(browser) < self.base():
            browser.ends = latest + PENDING
        else:
            browser.ends = latest + (DAY if _worth(browser.proofs) == 2 else 30 * DAY)
        if not self.must_enrol() and self.level(browser) >= self.base():
            browser.known = True
            browser.lane = browser.number

    def visit(self, browser: Browser) -> bool:
        """A page is asked for: the answer, and the activity that it is."""
        if not self.full(browser):
            return False
        assert browser.seen is not None
        if self.now - browser.seen >= timedelta(minutes=1):
            browser.seen = self.now
        return True

    def accepts(self, app: App, step: int) -> bool:
        current = int(self.now.timestamp()) // 30
        return current - 1 <= step <= current and step > app.last_step

    def lose(self, app: App, browser: Browser) -> None:
        """An app is revoked in this browser: every other session that rests on it is over."""
        self.apps.remove(app)
        for other in self.browsers:
            if other is not browser and any(one.identity == app.identity for one in other.proofs):
                other.end()

    def end_everywhere(self, *, but: Browser | None = None) -> None:
        for browser in self.browsers:
            if browser is not but:
                browser.end()


def _worth(proofs: list[Proof]) -> int:
    """0 for nothing, 2 for a password beside a possession, 1 for one of them."""
    return len({"know" if proof.kind == "password" else "have" for proof in proofs})
