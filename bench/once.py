"""Is one code ever accepted twice? Races and replays over two server processes, one database.

Half-signed-in sessions come through the door in this process, so that no thousand hashes are
computed; everything after the password goes over HTTP. No cache is shared between the servers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import people
from bench.load import Connection, Person, Step, Target
from bench.targets import CHALLENGE, make_portal, serving_portal
from portal.edge import Edge
from portal.flows import session
from portal.rules.terms import Authentication
from portal.store import organisations, users

PAIRS_AT_ONCE = 4
ROOM_S = 3  # Until the period ends: the older of the two codes is good for no longer.
GUESSES = 50
FREE = 5
COOKIE = "__Host-session"


@dataclass(slots=True)
class Tally:
    """What happened. `twice` must stay 0, `never` shows that the measurement itself worked."""

    races: int = 0
    replays: int = 0
    raced_twice: int = 0
    replayed: int = 0
    never: int = 0
    guesses: Counter[int] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        exact = self.guesses == {422: FREE, 429: GUESSES - FREE}
        return exact and not (self.raced_twice or self.replayed or self.never)

    def __str__(self) -> str:
        compared = self.guesses[422]
        return (
            f"{self.raced_twice} of {self.races} races, {self.replayed} of {self.replays} replays; "
            f"{self.never} never; {compared} of {GUESSES} guesses at once compared"
        )


def measure(folder: Path, count: int, program: str, database_url: str = "") -> Tally:
    """`count` races and as many replays."""
    portal = make_portal(folder, database_url)
    tally = Tally()
    with ExitStack() as stack:
        stack.callback(portal.close)
        targets = [
            stack.enter_context(serving_portal(portal, folder, program, name=f"once-{number}"))
            for number in (1, 2)
        ]
        # Two codes are good at any moment, the current one and the one before: each serves once.
        for begin in range(0, count, 2 * (people.COUNT - 1)):
            wave = min(count - begin, 2 * (people.COUNT - 1))
            numbers = range(1, 1 + -(-wave // 2))
            for steps in (-1, 0)[: 1 if wave == 1 else 2]:
                tokens = portal.run(_half_sign_in, list(numbers), 2)
                asyncio.run(_race_all(targets, tokens, steps, tally))
            if begin + wave < count:
                # The next wave needs two codes that this one has not spent.
                people.wait_for_room(people.PERIOD)
                people.wait_for_room(people.PERIOD)
        tokens = portal.run(_half_sign_in, [0], GUESSES)
        asyncio.run(_guess(targets, tokens[0], tally))
    return tally


def _half_sign_in(edge: Edge, numbers: list[int], each: int) -> dict[int, list[str]]:
    """Sessions that wait for their second factor: tokens by person."""
    opened = {}
    for number in numbers:
        user = users.by_email(edge, people.email(number))
        assert user is not None
        proof = Authentication("password", edge.factors["password"].strength, edge.now, user.id)
        roles = organisations.memberships_of(edge, user.id)
        opened[number] = [session.open_session(edge, user, roles, proof).token for _ in range(each)]
    return opened


async def _race_all(
    targets: list[Target], tokens: dict[int, list[str]], steps: int, tally: Tally
) -> None:
    waiting = list(tokens.items())

    async def walk() -> None:
        connections = [Connection(target.server) for target in targets]
        while waiting:
            number, pair = waiting.pop()
            # A pause of this walker alone: the others must not be held between race and replay.
            await asyncio.sleep(people.room_in(ROOM_S))
            # The very same digits for both racers and the replay, whatever the clock does.
            form = {"csrf_token": "{csrf}", "code": people.code(number, steps=steps)}
            answer = Step("race", CHALLENGE, 303, form)
            await _race(targets, connections, (number, pair), answer, tally)
        for connection in connections:
            connection.close()

    await asyncio.gather(*(walk() for _ in range(PAIRS_AT_ONCE)))


async def _race(
    targets: list[Target],
    connections: list[Connection],
    who: tuple[int, list[str]],
    answer: Step,
    tally: Tally,
) -> None:
    """Two sessions send one code at once; then the one that lost sends it again."""
    number, pair = who
    racers = [
        Person(number, target, {COOKIE: token}) for target, token in zip(targets, pair, strict=True)
    ]
    for person, connection in zip(racers, connections, strict=True):
        await person.take(connection, Step("page", CHALLENGE, 200))
    answers = await asyncio.gather(
        *(
            person.send(connection, answer)
            for person, connection in zip(racers, connections, strict=True)
        )
    )
    accepted = sum(given.status == 303 for given in answers)
    tally.races += 1
    tally.raced_twice += accepted > 1
    tally.never += accepted == 0
    loser = 1 if answers[0].status == 303 else 0
    again = await racers[loser].send(connections[1 - loser], answer)
    tally.replays += 1
    tally.replayed += again.status == 303


async def _guess(targets: list[Target], tokens: list[str], tally: Tally) -> None:
    """Fifty wrong codes for one person at the same instant, from fifty sessions."""
    page = Step("page", CHALLENGE, 200)
    wrong = Step("guess", CHALLENGE, 422, {"csrf_token": "{csrf}", "code": "{wrong_code}"})
    guessers = [
        (Person(0, targets[place % 2], {COOKIE: token}), Connection(targets[place % 2].server))
        for place, token in enumerate(tokens)
    ]
    for person, connection in guessers:
        await person.take(connection, page)
    answers = await asyncio.gather(
        *(person.send(connection, wrong) for person, connection in guessers)
    )
    tally.guesses.update(answer.status for answer in answers)
    for _, connection in guessers:
        connection.close()
