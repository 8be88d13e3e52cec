"""Measures one row: every contender in turn, several rounds, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import asyncio
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from timeit import Timer

ROUNDS = 7
ROUND_SECONDS = 0.1


@dataclass
class Row:
    id: str
    work: str
    goal: float
    ours: Callable[[], object]
    peers: dict[str, Callable[[], object]] = field(default_factory=dict)


def measure_row(row: Row, loop: asyncio.AbstractEventLoop | None = None) -> dict:
    """The row of ``benches/results.json``: the median over the rounds, in nanoseconds a call."""
    contenders = {"ours": row.ours, **row.peers}
    once = _async_round(loop) if loop else _sync_round
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            times[name].append(once(run))
    own = statistics.median(times.pop("ours"))
    peers = {name: statistics.median(values) for name, values in times.items()}
    best_peer = min(peers, key=peers.__getitem__)
    return {
        "id": row.id,
        "work": row.work,
        "ours": own,
        "unit": "ns",
        "peers": peers,
        "best_peer": best_peer,
        "ratio": own / peers[best_peer],
        "goal": row.goal,
        "runtime": f"python {platform.python_version()}",
    }


def _sync_round(run: Callable[[], object]) -> float:
    timer = Timer(run)
    calls, taken = timer.autorange()
    calls = max(1, int(calls * ROUND_SECONDS / max(taken, 1e-9)))
    return timer.timeit(calls) / calls * 1e9


def _async_round(loop: asyncio.AbstractEventLoop) -> Callable[[Callable[[], Awaitable[object]]], float]:
    async def many(run: Callable[[], Awaitable[object]], calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            await run()
        return time.perf_counter() - began

    def measure(run: Callable[[], Awaitable[object]]) -> float:
        trial = loop.run_until_complete(many(run, 1_000))
        calls = max(1_000, int(1_000 * ROUND_SECONDS / max(trial, 1e-9)))
        return loop.run_until_complete(many(run, calls)) / calls * 1e9

    return measure
