"""Who holds a claim: heartbeats, orphans, late owners, interrupted callers; and many callers at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from once_again import IdempotentResult, InProgressError, idempotent, retry_kernel_task
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock, no_sleep


class Watched:
    """A memory store that remembers what it was asked, and can be told to fail."""

    def __init__(self, clock: VirtualClock) -> None:
        self.inner = MemoryStore(clock=clock)
        self.clock = clock
        self.asked: list[tuple[str, float]] = []
        self.down: set[str] = set()

    def apply(self, op: Any) -> Any:
        self.asked.append((op["op"], self.clock.now()))
        if op["op"] in self.down:
            raise OSError("down")
        return self.inner.apply(op)


class Later:
    """The same, answering in the next turn of the loop."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def apply(self, op: Any) -> Any:
        await asyncio.sleep(0)
        return self.inner.apply(op)


def test_a_claim_is_renewed_every_seven_seconds_while_the_function_runs() -> None:
    clock = VirtualClock()
    store = Watched(clock)

    @idempotent(name="f", store=store, clock=clock)
    def f() -> int:
        clock.advance(30.0)
        return 1

    assert f() == 1
    assert store.asked == [
        ("begin", 0),
        ("renew", 7.0),
        ("renew", 14.0),
        ("renew", 21.0),
        ("renew", 28.0),
        ("complete", 30.0),
    ]
    clock.advance(600.0)
    assert len(store.asked) == 6


def test_an_async_claim_is_renewed_too() -> None:
    for later in (False, True):
        clock = VirtualClock()
        watched = Watched(clock)

        @idempotent(name="f", store=Later(watched) if later else watched, clock=clock)
        async def f(clock: Any = clock) -> int:
            await clock.async_sleep(15.0)
            return 1

        assert asyncio.run(f()) == 1
        assert watched.asked == [("begin", 0), ("renew", 7.0), ("renew", 14.0), ("complete", 15.0)]


def test_a_silent_owner_is_replaced_and_his_late_result_gives_way() -> None:
    clock = VirtualClock()
    store = Watched(clock)
    runs: list[str] = []
    seen: list[Any] = []

    def make(name: str, **options: Any) -> Any:
        @idempotent(name="f", store=store, clock=clock, key=lambda: "k", with_context=True, **options)
        def f(*, context: Any = None) -> str:
            runs.append(name)
            seen.append((name, context.attempt, context.checkpoint))
            if name == "first":
                context.save_checkpoint(b"half")
                store.down.add("renew")
                clock.advance(21.0)
                assert context.stopping
                store.down.clear()
                assert second() == "second"
            return name

        return f

    second = make("second")
    first = make("first")
    result: IdempotentResult = first.execute()
    # The first one's lease ran out; the second took over, went on from what was saved, and stands.
    assert (result.output, result.is_replay) == ("second", False)
    assert runs == ["first", "second"]
    assert seen == [("first", 1, None), ("second", 2, b"half")]
    clock.advance(60.0)
    merged = make("first", merge_results=lambda previous, current, context: [previous, current])
    assert merged() == "second"


def test_a_waiter_takes_over_from_an_owner_that_died() -> None:
    clock = VirtualClock()
    store = Watched(clock)

    class Died(BaseException):
        pass

    @idempotent(name="f", store=store, clock=clock, key=lambda: "k")
    def dies() -> int:
        store.down.add("abandon")
        raise Died

    @idempotent(name="f", store=store, clock=clock, key=lambda: "k")
    def f() -> int:
        return 7

    with pytest.raises(Died):
        dies()
    began = clock.now()
    assert f() == 7
    # Its lease was 20 s from the beginning, and the next poll came within a second of that.
    assert 20.0 <= clock.now() - began <= 21.0


def test_an_interrupted_call_is_an_orphan_at_once() -> None:
    clock = VirtualClock()
    runs: list[int] = []

    @idempotent(name="f", clock=clock, store=MemoryStore(clock=clock))
    def f() -> int:
        runs.append(1)
        if len(runs) == 1:
            raise KeyboardInterrupt
        return len(runs)

    with pytest.raises(KeyboardInterrupt):
        f()
    assert f() == 2
    assert clock.now() == 0.0


def test_a_cancelled_task_is_an_orphan_at_once() -> None:
    clock = VirtualClock()
    runs: list[int] = []

    @idempotent(name="f", clock=clock, store=Later(Watched(clock)))
    async def f() -> int:
        runs.append(1)
        if len(runs) == 1:
            await asyncio.Event().wait()
        return len(runs)

    async def main() -> None:
        task = asyncio.create_task(f())
        while not runs:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await f() == 2

    asyncio.run(main())


def test_a_waiter_that_is_cancelled_holds_nothing() -> None:
    clock = VirtualClock()
    release = asyncio.Event()

    @idempotent(name="f", clock=clock, store=Later(Watched(clock)))
    async def f() -> int:
        await release.wait()
        return 1

    async def main() -> None:
        first = asyncio.create_task(f())
        for _ in range(5):
            await asyncio.sleep(0)
        second = asyncio.create_task(f())
        for _ in range(5):
            await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        release.set()
        assert await first == 1
        assert await f() == 1

    asyncio.run(main())


def test_a_result_whose_record_is_not_confirmed_goes_out_and_says_so() -> None:
    clock = VirtualClock()
    store = Watched(clock)
    store.down.add("complete")

    @idempotent(name="f", store=store, clock=clock)
    def f() -> int:
        return 1

    result: Any = f.execute()
    assert (result.output, result.confirmed) == (1, False)
    # It was tried until then, and goes on being tried; the effect has happened.
    assert clock.now() == 5.0
    store.down.clear()
    clock.advance(10.0)
    assert f.execute().is_replay


def test_joint_mode_completes_in_the_callers_own_transaction() -> None:
    class Joint(MemoryStore):
        connections: list[Any]

        def complete_in(self, connection: Any, op: Any) -> Any:
            self.connections.append(connection)
            return self.apply(op)

    store = Joint()
    store.connections = []
    runs: list[int] = []

    @idempotent(name="f", store=store, with_context=True)
    def f(order: str, context: Any = None) -> int:
        runs.append(1)
        context.complete_in("connection", len(runs))
        assert context.child_key("debit") == context.child_key("debit") != context.child_key("debit", 1)
        return len(runs)

    assert [f("a"), f("a")] == [1, 1]
    assert store.connections == ["connection"]


def test_a_thousand_threads_with_one_key_run_it_once() -> None:
    runs: list[int] = []
    done, asked, moving = threading.Event(), threading.Semaphore(0), threading.Lock()

    class Clock(VirtualClock):
        """Who has to wait waits until the runner is done, whatever time that is."""

        def sleep(self, seconds: float) -> None:
            asked.release()
            assert done.wait(60)
            with moving:
                self.advance(seconds)

    @idempotent(name="f", clock=Clock())
    def f(order: str) -> int:
        runs.append(1)
        # Until many others have been told that somebody is at work.
        for _ in range(30):
            assert asked.acquire(timeout=60)
        return len(runs)

    def call(_: int) -> IdempotentResult:
        try:
            return f.execute("A-1")  # type: ignore[return-value]
        finally:
            done.set()

    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(call, range(1_000)))
    assert runs == [1]
    assert [result.output for result in results] == [1] * 1_000
    assert sum(result.is_replay for result in results) == 999


@pytest.mark.parametrize("later", [False, True])
def test_a_thousand_tasks_with_one_key_run_it_once(later: bool) -> None:
    clock = VirtualClock()
    watched = Watched(clock)
    runs: list[int] = []

    @idempotent(name="f", store=Later(watched) if later else watched, clock=clock)
    async def f(order: str) -> int:
        runs.append(1)
        await clock.async_sleep(0.5)
        return len(runs)

    async def main() -> list[Any]:
        return await asyncio.gather(*(f.execute("A-1") for _ in range(1_000)))

    results = asyncio.run(main())
    assert runs == [1]
    assert [result.output for result in results] == [1] * 1_000
    assert sum(result.is_replay for result in results) == 999
    assert 0.5 <= clock.now() <= 1.5


def test_async_hooks_are_awaited() -> None:
    async def is_safe(given: Any, previous: int, context: Any) -> bool:
        return given == "again"

    async def merge(previous: int, current: int, context: Any) -> int:
        return previous + current

    runs: list[str] = []

    @idempotent(
        name="f",
        key=lambda order: "k",
        about=lambda order: order,
        is_safe_to_retry=is_safe,
        merge_results=merge,
        key_strategy="content",
    )
    async def f(order: str) -> int:
        runs.append(order)
        return len(runs) * 10

    async def main() -> list[int]:
        return [await f("again"), await f("again"), await f("no"), await f("no")]

    assert asyncio.run(main()) == [10, 30, 30, 30]


def test_an_async_function_stays_one() -> None:
    @idempotent(name="f")
    async def f(order: str) -> str:
        """Asks."""
        return order

    assert (f.__name__, f.__doc__) == ("f", "Asks.")  # type: ignore[attr-defined]
    assert asyncio.run(f("a")) == "a"
    assert asyncio.run(f.execute("a")).is_replay


def test_a_retry_around_it_runs_what_failed_again_and_nothing_else() -> None:
    for is_async in (False, True):
        runs: list[int] = []

        def work(runs: list[int] = runs) -> int:
            runs.append(1)
            if len(runs) < 3:
                raise ConnectionError
            return len(runs)

        async def awork(work: Any = work) -> int:
            return int(work())

        guarded: Any = retry_kernel_task(idempotent(name="f", about=lambda: 1)(awork if is_async else work))
        with no_sleep():
            results = [asyncio.run(guarded()) if is_async else guarded() for _ in range(2)]
        assert (results, len(runs)) == ([3, 3], 3)


def test_a_caller_that_waits_is_let_go_when_rejecting_is_asked_for() -> None:
    async def main() -> None:
        @idempotent(name="f", conflict="reject")
        async def f() -> None:
            with pytest.raises(InProgressError):
                await f()

        await f()

    asyncio.run(main())
