"""Measures one row: contenders in turn, many short rounds, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from timeit import Timer

ROUNDS = 60
# Short enough to fit between two turns of the machine's other programs.
ROUND_SECONDS = 0.005


@dataclass
class Row:
    id: str
    work: str
    goal: float
    ours: Callable[[], object]
    peers: dict[str, Callable[[], object]] = field(default_factory=dict)


def measure_row(row: Row, loop: asyncio.AbstractEventLoop | None = None) -> dict:
    """The row of ``benches/results.json``, in nanoseconds a call.

    The best round counts: what else the machine does can only add to a time.
    """
    timers = {
        name: _async_timer(run, loop) if loop else Timer(run).timeit
        for name, run in {"ours": row.ours, **row.peers}.items()
    }
    calls = {name: _calls_in_a_round(timer) for name, timer in timers.items()}
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            best[name] = min(best[name], timer(calls[name]) / calls[name] * 1e9)
    own = best.pop("ours")
    best_peer = min(best, key=best.__getitem__)
    return {
        "id": row.id,
        "work": row.work,
        "ours": own,
        "unit": "ns",
        "peers": best,
        "best_peer": best_peer,
        "ratio": own / best[best_peer],
        "goal": row.goal,
        "runtime": f"python {platform.python_version()}",
    }


def _calls_in_a_round(timer: Callable[[int], float]) -> int:
    calls = 1
    # The best of three here too: a turn of another program makes one call look like many, and then each round would pay
    # for a cold start.
    while min(timer(calls) for _ in range(3)) < ROUND_SECONDS:
        calls *= 2
    return calls


def _async_timer(run: Callable[[], Awaitable[object]], loop: asyncio.AbstractEventLoop) -> Callable[[int], float]:
    async def many(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            await run()
        return time.perf_counter() - began

    return lambda calls: loop.run_until_complete(many(calls))
