"""Rounds in turn (A B A B …), and the table that tells what came out."""

import os
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Measure = Callable[[int], Awaitable[float]]  # does so many things; seconds


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int
    seconds: float  # a round at least


FULL = Effort(5, 3.0)
QUICK = Effort(3, 1.0)


@dataclass(frozen=True, slots=True)
class Row:
    work: str
    ratios: tuple[float, ...]  # ours / theirs, one a round
    ours: float  # median, a second: of this machine on this day
    theirs: float
    floor: float | None = None
    remark: str = ""


async def compare(
    work: str, ours: Measure, theirs: Measure, effort: Effort, floor: float | None = None, remark: str = ""
) -> Row:
    """How many times as fast we are as the peer, both doing the same number of things in a time of their own."""
    many = [await _enough(measure, effort.seconds) for measure in (ours, theirs)]
    rates: list[tuple[float, float]] = []
    for _ in range(effort.rounds):
        mine, other = [n / await measure(n) for measure, n in zip((ours, theirs), many, strict=True)]
        rates.append((mine, other))
    return Row(
        work,
        tuple(mine / other for mine, other in rates),
        statistics.median(mine for mine, _ in rates),
        statistics.median(other for _, other in rates),
        floor,
        remark,
    )


async def rate(measure: Measure, effort: Effort) -> tuple[float, float, float]:
    """Things a second: least, median, most."""
    n = await _enough(measure, effort.seconds)
    rates = sorted([n / await measure(n) for _ in range(effort.rounds)])
    return rates[0], statistics.median(rates), rates[-1]


async def _enough(measure: Measure, seconds: float) -> int:
    """How many things take at least so long: a trial tells, and warms up."""
    n = 100
    while (took := await measure(n)) < seconds / 4:
        n = max(n * 2, int(n * seconds / 2 / max(took, 0.001)))
    return max(n, int(n * seconds / took * 1.15))


def markdown(rows: list[Row]) -> str:
    lines = [
        "| work | ratio: median (least to most) | floor | ours/s | theirs/s | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        middle, least, most = statistics.median(row.ratios), min(row.ratios), max(row.ratios)
        floor = f"{row.floor:g}" if row.floor is not None else ""
        lines.append(
            f"| {row.work} | **{middle:.2f}** ({least:.2f} to {most:.2f}) | {floor} "
            f"| {row.ours:,.0f} | {row.theirs:,.0f} | {row.remark} |"
        )
    return "\n".join(lines)


def machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, load {load} (1, 5, 15 minutes)"
