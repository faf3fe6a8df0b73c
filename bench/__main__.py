"""`./dev bench`: measure, print the table of gates, end with 1 when one of them fails."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import counts, once, passkeys, publishing, rounds, scale, servers
from bench.counts import new_folder
from bench.rounds import Samples
from bench.table import Row, render
from bench.targets import make_portal, serving_floor, serving_portal

# Both sides commit with synchronous FULL. What a flush then costs is the disk's business: on one
# machine 0.1 ms, on another 2 ms of CPU, which would drown what the programs themselves cost.
MEMORY = "/dev/shm"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, about a minute")
    # The gates were derived behind gunicorn: two processes, one request at a time in each.
    parser.add_argument("--server", choices=servers.PROGRAMS, default="gunicorn")
    parser.add_argument(
        "--postgres", action="store_true", help="the portal on PostgreSQL too (embedded, durable)"
    )
    parser.add_argument(
        "--folder",
        default=MEMORY if Path(MEMORY).is_dir() else None,
        help="where the databases lie; in memory if possible, for a disk measures itself",
    )
    parser.add_argument("--rounds", type=int, default=0, help="measurements of each kind (6)")
    parser.add_argument("--skip-scale", action="store_true", help="no lists of a million users")
    parser.add_argument("--skip-once", action="store_true", help="no races and replays")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    amounts = rounds.QUICK if given.quick else rounds.FULL
    if given.rounds:
        amounts = amounts.of(given.rounds)
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="portal-bench-", dir=given.folder)
            )
        )
        rows += _speed(folder, amounts, given.server)
        if given.postgres:
            rows += _on_postgres(folder, amounts, given)
        if not given.skip_once:
            tally = once.measure(new_folder(folder, "once"), amounts.races, given.server)
            rows.append(Row("5", "a code accepted twice", str(tally), "0; 5", "", tally.good))
        if not given.skip_scale:
            rows += scale.measure(new_folder(folder, "scale"), quick=given.quick)
            rows += publishing.measure(new_folder(folder, "publishing"), quick=given.quick)
        rows += _counted(folder)
    rows.sort(key=lambda row: int(row.number))
    print(render(rows))
    return 0 if all(row.held is not False for row in rows) else 1


def _speed(folder: Path, amounts: rounds.Amounts, program: str) -> list[Row]:
    portal = make_portal(new_folder(folder, "portal"))
    with ExitStack() as stack:
        stack.callback(portal.close)
        served = stack.enter_context(serving_portal(portal, folder, program))
        floor = stack.enter_context(serving_floor(folder, program))
        samples = asyncio.run(rounds.measure([served, floor], amounts))
    return [*_ratios(samples), _start(folder)]


def _start(folder: Path) -> Row:
    """A start of its own: nothing else runs while it is measured."""
    times = []
    portal = make_portal(new_folder(folder, "start"))
    for _ in range(3):
        with serving_portal(portal, folder, "granian", name="start") as target:
            times.append(target.server.started_s)
    portal.close()
    return Row.at_most("11", "start to first page", sorted(times)[1], 1.5, unit="s")


def _ratios(samples: Samples) -> list[Row]:
    rows = [
        ("1", "whole sign-in / floor", rounds.SIGN_IN, 1.35, 1.15),
        ("2", "code step / floor", "code", 5.0, 3.3),
        ("3", "settings page / floor", rounds.SETTINGS, 2.5, 1.8),
        ("4", "throttled refusal / floor", rounds.REFUSAL, 2.5, 1.8),
    ]
    made = [
        Row.ratio(number, label, samples.ratios("portal", "floor", what), gate=gate, aim=aim)
        for number, label, what, gate, aim in rows
    ]
    rates = samples.ratios("portal", "floor", rounds.RATE)
    made.append(Row.ratio("6", "sign-ins a second / floor", rates, gate=0.7, aim=0.85, least=True))
    made.append(Row("1", "CPU ms by step, portal : floor", samples.by_step(), "", "", None))
    return made


def _on_postgres(folder: Path, amounts: rounds.Amounts, given: argparse.Namespace) -> list[Row]:
    """The same on PostgreSQL, its server's CPU counted; for information, and races with a gate."""
    made = []
    # Imported on use: the package is for development only.
    from bench import postgres

    with postgres.running() as (url_of, pid):
        portal = make_portal(new_folder(folder, "portal-pg"), url_of("speed"))
        with ExitStack() as stack:
            stack.callback(portal.close)
            served = stack.enter_context(
                serving_portal(portal, folder, given.server, name="portal-pg", also=(pid,))
            )
            place = new_folder(folder, "floor-pg")
            floor = stack.enter_context(serving_floor(place, given.server))
            samples = asyncio.run(rounds.measure([served, floor], amounts))
        for label, what in (("whole sign-in", rounds.SIGN_IN), ("code step", "code")):
            text = f"{samples.median('portal-pg', what):.2f} ms CPU"
            made.append(Row("1", f"{label}, PostgreSQL", text, "", "", None))
        if not given.skip_once:
            place = new_folder(folder, "once-pg")
            tally = once.measure(place, amounts.races, given.server, url_of("once"))
            label = "a code accepted twice, PostgreSQL"
            made.append(Row("5", label, str(tally), "0; 5", "", tally.good))
    return made


def _counted(folder: Path) -> list[Row]:
    portal = make_portal(new_folder(folder, "counts"))
    try:
        qr, limiter = counts.qr_ms(portal), counts.limiter_us(portal)
        # Before the budget, which counts every verification from then on.
        assertion = passkeys.assertion_ratios(portal)
        budget = counts.budget(portal)
    finally:
        portal.close()
    page, challenge, whole, refusal = (
        budget.page,
        budget.challenge,
        budget.sign_in,
        budget.refusal,
    )
    compared = refusal.verified + refusal.opened
    return [
        Row("4", "hashes and openings in a refusal", f"{compared}", "0", "0", compared == 0),
        Row.counted("7", "page with a session: statements", page.statements, 3, 2),
        Row.counted("7", "code step: statements", challenge.statements, 9, 7),
        Row.counted("7", "code step: commits", challenge.commits, 1, 1),
        Row.counted("7", "whole sign-in: statements", whole.statements, 18, 14),
        Row.counted("7", "whole sign-in: commits", whole.commits, 3, 3),
        Row.counted("7", "refusal: statements", refusal.statements, 3, 2),
        Row.ratio("9", "passkey's answer / bare signature", assertion, gate=2.2, aim=1.5),
        Row.at_most("10", "QR code", qr, 8, unit="ms"),
        Row.at_most("10", "limiter in memory, a hit", limiter, 60, unit="µs"),
        Row.at_most("11", "import of the package", counts.import_s(), 0.5, unit="s"),
    ]


if __name__ == "__main__":
    sys.exit(main())
