"""The table of gates: row, measured, gate, aim, verdict."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A line. `held` is None for a line that has no gate."""

    number: str
    label: str
    measured: str
    gate: str
    aim: str
    held: bool | None

    @staticmethod
    def ratio(
        number: str,
        label: str,
        ratios: list[float],
        *,
        gate: float,
        aim: float,
        least: bool = False,
    ) -> Row:
        """A median of ratios with its spread; `least` where more is better."""
        median = statistics.median(ratios)
        measured = f"{median:.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        sign = "≥" if least else "≤"
        held = median >= gate if least else median <= gate
        return Row(number, label, measured, f"{sign} {gate}", f"{sign} {aim}", held)

    @staticmethod
    def at_most(number: str, label: str, value: float, gate: float, *, unit: str) -> Row:
        measured = f"{value:.2f} {unit}"
        return Row(number, label, measured, f"≤ {gate} {unit}", "", value <= gate)

    @staticmethod
    def counted(number: str, label: str, value: int, gate: int, aim: int) -> Row:
        return Row(number, label, str(value), f"≤ {gate}", f"{aim}", value <= gate)

    @property
    def verdict(self) -> str:
        return {True: "holds", False: "FAILS", None: ""}[self.held]


def render(rows: list[Row]) -> str:
    """The rows as a table of plain text."""
    head = ("row", "what", "measured", "gate", "aim", "verdict")
    cells = [
        (row.number, row.label, row.measured, row.gate, row.aim, row.verdict)
        for row in rows
        if row.held is not None
    ]
    widths = [max(len(line[place]) for line in [head, *cells]) for place in range(len(head))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, tuple("-" * width for width in widths), *cells]
    ]
    remarks = [f"{row.label}: {row.measured}" for row in rows if row.held is None]
    return "\n".join([*lines, "", *remarks])
