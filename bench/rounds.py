"""Several rounds of the same measurements on both targets in turn, A B B A, and their ratios.

Shared machines drift: only medians of ratios between neighbours in time are worth anything.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench import load
from bench.load import Person, Target

SIGN_IN = "whole sign-in"
SETTINGS = "settings"
REFUSAL = "refusal"
RATE = "sign-ins a second"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is done in a round, and how many rounds there are."""

    rounds: int
    sign_ins: int
    at_once: int
    pages: int
    refusals: int
    races: int

    def of(self, count: int) -> Amounts:
        return replace(self, rounds=count)


FULL = Amounts(rounds=6, sign_ins=40, at_once=32, pages=150, refusals=100, races=1000)
QUICK = Amounts(rounds=5, sign_ins=12, at_once=12, pages=40, refusals=30, races=100)


@dataclass(slots=True)
class Samples:
    """What each target cost: CPU milliseconds or a rate, by kind of measurement."""

    steps: list[str]
    values: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def ratios(self, one: str, other: str, what: str) -> list[float]:
        """Round by round, `one` divided by `other`."""
        pairs = zip(self.values[one, what], self.values[other, what], strict=True)
        return [first / second for first, second in pairs]

    def median(self, target: str, what: str) -> float:
        return statistics.median(self.values[target, what])

    def by_step(self) -> str:
        parts = [*self.steps, SIGN_IN, SETTINGS, REFUSAL]
        return ", ".join(
            f"{part} {self.median('portal', part):.2f} : {self.median('floor', part):.2f}"
            for part in parts
        )


async def measure(targets: Sequence[Target], amounts: Amounts) -> Samples:
    """All rounds on all targets."""
    samples = Samples([step.label for step in targets[0].sign_in])
    owners = {}
    for target in targets:
        owners[target.name] = Person(0, target)
        await load.sign_in(target, owners[target.name])
        await load.sign_in_by_steps(target, 2)  # Warm: templates, statements, connections.
        await load.sign_ins_a_second(target, 8)
    for number in range(amounts.rounds):
        for target in targets if number % 2 == 0 else reversed(targets):
            await _round(target, owners[target.name], amounts, samples)
    return samples


async def _round(target: Target, owner: Person, amounts: Amounts, samples: Samples) -> None:
    steps = await load.sign_in_by_steps(target, amounts.sign_ins)
    costs = {
        **steps,
        SIGN_IN: sum(steps.values()),
        SETTINGS: await load.repeat(target, owner, target.settings, amounts.pages),
        REFUSAL: await load.refusals(target, amounts.refusals),
        RATE: await load.sign_ins_a_second(target, amounts.at_once),
    }
    for what, cost in costs.items():
        samples.values[target.name, what].append(cost)
