"""The circuit breaker as Python uses it; its decisions are pinned down by the vectors."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tripping import fail, trip

from once_again import CircuitBreaker, CircuitOpenError, OnceAgainError, StateChange, is_circuit_breaker_error
from once_again.testing import VirtualClock, virtual_clock


def test_a_breaker_given_nothing_opens_at_the_fifth_failure() -> None:
    with virtual_clock() as clock:
        breaker = CircuitBreaker(name="lake")
        trip(breaker, 4)
        assert (breaker.state, breaker.is_open()) == ("CLOSED", False)
        trip(breaker, 1)
        clock.advance(10.0)
        with pytest.raises(CircuitOpenError) as raised:
            breaker.call(fail)
    rejected = raised.value
    assert (rejected.breaker, rejected.state, rejected.retry_after) == ("lake", "OPEN", 20.0)
    assert (rejected.code, rejected.status_code) == ("CIRCUIT_BREAKER_OPEN", 503)
    assert str(rejected) == "circuit breaker 'lake' is OPEN; it may let a call through in 20.000 s"
    assert isinstance(rejected, OnceAgainError)
    assert is_circuit_breaker_error(rejected)
    assert not is_circuit_breaker_error(ConnectionError())
    assert (breaker.state, breaker.is_open()) == ("OPEN", True)


def test_three_good_probes_close_it_and_listeners_hear_of_each_change() -> None:
    heard: list[StateChange] = []
    with virtual_clock() as clock:
        breaker = CircuitBreaker(on_state_change=heard.append)
        trip(breaker)
        clock.advance(30.0)
        assert [breaker.call(int) for _ in range(3)] == [0, 0, 0]
    assert heard == [
        StateChange("default", "CLOSED", "OPEN"),
        StateChange("default", "OPEN", "HALF_OPEN"),
        StateChange("default", "HALF_OPEN", "CLOSED"),
    ]


def test_a_listener_that_fails_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[StateChange] = []
    breaker = CircuitBreaker(failure_threshold=1, on_state_change=lambda change: fail(RuntimeError("mine")))
    breaker.on("state_change", heard.append)
    trip(breaker, 1)
    assert heard == [StateChange("default", "CLOSED", "OPEN")]
    assert "mine" in caplog.text


def test_the_rate_shape_opens_at_half_of_twenty_calls() -> None:
    breaker = CircuitBreaker.rate(name="r")
    for _ in range(10):
        breaker.call(int)
    trip(breaker, 9)
    assert breaker.state == "CLOSED"
    trip(breaker, 1)
    assert breaker.state == "OPEN"
    assert breaker.stats()["opened"] == 1


def test_a_slow_call_is_timed_on_the_given_clock() -> None:
    clock = VirtualClock()
    breaker = CircuitBreaker.rate(
        slow_call_duration=2.0, slow_call_rate=1.0, slow_minimum_calls=1, failure_rate=False, clock=clock
    )
    breaker.call(clock.sleep, 1.9)
    assert breaker.state == "CLOSED"
    # The window holds one call that was not slow.
    clock.advance(60.0)
    breaker.call(clock.sleep, 2.0)
    assert breaker.state == "OPEN"


def test_excluded_errors_say_nothing_about_the_dependency() -> None:
    by_type = CircuitBreaker(failure_threshold=1, excluded=(ValueError, KeyError))
    by_test = CircuitBreaker(failure_threshold=1, excluded=lambda error: "mine" in str(error))
    for breaker in (by_type, by_test):
        with pytest.raises(ValueError, match="mine"):
            breaker.call(fail, ValueError("mine"))
        assert breaker.state == "CLOSED"
        trip(breaker, 1)
        assert breaker.state == "OPEN"


def test_an_exclusion_that_fails_excludes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    breaker = CircuitBreaker(failure_threshold=1, excluded=lambda error: fail(RuntimeError("mine")))
    trip(breaker, 1)
    assert breaker.state == "OPEN"
    assert "mine" in caplog.text


def test_an_interrupted_call_is_not_a_failure_of_the_dependency() -> None:
    breaker = CircuitBreaker(failure_threshold=1)
    with pytest.raises(KeyboardInterrupt):
        breaker.call(fail, KeyboardInterrupt())
    assert breaker.state == "CLOSED"


def test_an_interrupted_probe_re_opens() -> None:
    with virtual_clock() as clock:
        breaker = CircuitBreaker(failure_threshold=1)
        trip(breaker, 1)
        clock.advance(30.0)
        with pytest.raises(KeyboardInterrupt):
            breaker.call(fail, KeyboardInterrupt())
    assert breaker.state == "OPEN"


def test_as_a_decorator_it_keeps_name_signature_and_kind() -> None:
    breaker = CircuitBreaker(failure_threshold=1)

    class Lake:
        @breaker
        def read(self, key: str) -> str:
            """Reads."""
            return key

        @breaker
        async def aread(self, key: str) -> str:
            raise ConnectionError(key)

    assert Lake().read("k") == "k"
    assert (Lake.read.__name__, Lake.read.__doc__) == ("read", "Reads.")
    assert list(inspect.signature(Lake.read).parameters) == ["self", "key"]
    assert inspect.iscoroutinefunction(Lake.aread)
    with pytest.raises(ConnectionError):
        asyncio.run(Lake().aread("k"))
    with pytest.raises(CircuitOpenError):
        asyncio.run(Lake().aread("k"))
    with pytest.raises(CircuitOpenError):
        Lake().read("k")


def test_call_awaits_nothing_by_itself_but_guards_what_is_awaited() -> None:
    breaker = CircuitBreaker(failure_threshold=1)

    async def fails() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(breaker.call(fails))
    assert breaker.state == "OPEN"


def test_a_fallback_answers_rejected_callers_only() -> None:
    breaker = CircuitBreaker(
        failure_threshold=1, fallback_strategy="FALLBACK", fallback=lambda rejected: rejected.state
    )
    trip(breaker, 1)
    assert breaker.call(fail) == "OPEN"

    async def afallback(rejected: CircuitOpenError) -> str:
        return rejected.breaker

    async def never() -> str:
        raise ConnectionError

    breaker = CircuitBreaker(failure_threshold=1, fallback_strategy="FALLBACK", fallback=afallback)
    with pytest.raises(ConnectionError):
        asyncio.run(breaker.call(never))
    assert asyncio.run(breaker.call(never)) == "default"


def test_with_blocks_nest_and_settle_what_they_admitted() -> None:
    outer, inner = CircuitBreaker(failure_threshold=1), CircuitBreaker(failure_threshold=1)
    with outer:
        with pytest.raises(ConnectionError), inner:
            fail()
        with pytest.raises(CircuitOpenError), inner:
            raise AssertionError
    assert (outer.state, inner.state) == ("CLOSED", "OPEN")
    with pytest.raises(ConnectionError), outer:
        fail()
    assert outer.state == "OPEN"


def test_with_blocks_of_generators_may_interleave() -> None:
    breaker = CircuitBreaker.rate(failure_rate=False, consecutive_failures=1, window="none")
    other = CircuitBreaker()

    def steps(first: CircuitBreaker) -> Any:
        with first:
            yield

    a, b = steps(breaker), steps(other)
    next(a), next(b)
    with pytest.raises(ConnectionError):
        a.throw(ConnectionError())
    b.close()
    assert (breaker.state, other.state) == ("OPEN", "CLOSED")


def test_async_with_settles_in_each_task_what_that_task_admitted() -> None:
    breaker = CircuitBreaker(failure_threshold=3)

    async def one(number: int) -> None:
        async with breaker:
            await asyncio.sleep(0)
            if number % 2:
                raise ConnectionError

    async def main() -> list[object]:
        return await asyncio.gather(*(one(number) for number in range(6)), return_exceptions=True)

    assert [type(result) for result in asyncio.run(main())] == [type(None), ConnectionError] * 3
    assert breaker.state == "OPEN"


def test_a_block_that_ends_elsewhere_is_an_error() -> None:
    breaker = CircuitBreaker()
    breaker.__enter__()
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="the task or thread that began it"):
        pool.submit(breaker.__exit__, None, None, None).result()
    breaker.__exit__(None, None, None)


def test_a_cancelled_task_returns_its_probe() -> None:
    async def main(clock: VirtualClock) -> None:
        breaker = CircuitBreaker(failure_threshold=1, half_open_max_calls=1, abandoned="ignored")
        trip(breaker, 1)
        clock.advance(30.0)

        @breaker
        async def forever() -> None:
            await asyncio.Event().wait()

        probe = asyncio.create_task(forever())
        await asyncio.sleep(0)
        with pytest.raises(CircuitOpenError):
            await forever()
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert breaker.call(int) == 0
        assert breaker.state == "CLOSED"

    with virtual_clock() as clock:
        asyncio.run(main(clock))


def test_a_permit_counts_once() -> None:
    breaker = CircuitBreaker(failure_threshold=2)
    permit = breaker.admit()
    assert [breaker.settle(permit, "failure"), breaker.settle(permit, "failure")] == ["counted", "duplicate"]
    assert breaker.stats()["failures"] == 1


def test_an_outcome_that_is_none_is_refused() -> None:
    breaker = CircuitBreaker()
    with pytest.raises(ValueError, match="expected one of success, failure, ignored, abandoned"):
        breaker.settle(breaker.admit(), "lost")  # type: ignore[arg-type]


def test_threads_are_never_let_through_an_open_breaker() -> None:
    """No lock is held over a call, so calls overlap; each one after the breaker opened must be rejected."""
    breaker = CircuitBreaker(failure_threshold=50)
    opened = threading.Event()
    breaker.on("state_change", lambda change: opened.set())
    late: list[int] = []

    def work(number: int) -> None:
        was_open = opened.is_set()
        try:
            breaker.call(fail)
        except CircuitOpenError:
            return
        except ConnectionError:
            if was_open:
                late.append(number)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(10_000)))
    assert late == []
    assert breaker.state == "OPEN"


def test_two_calls_may_wait_for_each_other() -> None:
    breaker = CircuitBreaker()
    barrier = threading.Barrier(2, timeout=10)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: breaker.call(barrier.wait), range(2)))
    assert breaker.state == "CLOSED"


def test_a_listener_may_use_the_breaker_that_called_it() -> None:
    states: list[str] = []
    breaker = CircuitBreaker(failure_threshold=1)
    breaker.on("state_change", lambda change: states.append(breaker.state))
    trip(breaker, 1)
    assert states == ["OPEN"]


def test_a_breaker_can_be_collected() -> None:
    breaker = CircuitBreaker()
    with breaker:
        pass
    trip(breaker)
    gone = weakref.ref(breaker)
    del breaker
    gc.collect()
    assert gone() is None


def test_rejections_leave_no_garbage() -> None:
    breaker = CircuitBreaker(failure_threshold=1)
    trip(breaker, 1)
    guarded = breaker(fail)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            with pytest.raises(CircuitOpenError):
                guarded()
        errors = [found for found in gc.get_objects() if isinstance(found, CircuitOpenError)]
        assert errors == []
    finally:
        gc.enable()


OUTCOMES = st.sampled_from(["success", "failure", "ignored", "abandoned"])
ERRORS: dict[str, BaseException | None] = {
    "success": None,
    "failure": ConnectionError(),
    "ignored": KeyError(),
    "abandoned": KeyboardInterrupt(),
}


@given(
    rate=st.booleans(),
    script=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), OUTCOMES), max_size=60),
)
def test_a_guarded_function_is_admitted_and_settled_like_any_other_call(
    rate: bool, script: list[tuple[int, int, str]]
) -> None:
    """The short way past a closed breaker must not be told from asking."""
    shape: dict[str, Any] = (
        {"failure_rate": 0.5, "minimum_calls": 3, "slow_call_duration": 2.0, "open_wait": 10.0}
        if rate
        else {"failure_threshold": 2, "consecutive_failures": 2, "recovery_timeout": 10.0}
    )

    def play(guarded: bool) -> list[Any]:
        clock = VirtualClock()
        seen: list[Any] = []
        breaker = CircuitBreaker(
            shape, excluded=KeyError, clock=clock, random=Random(1), on_state_change=lambda c: seen.append(str(c))
        )

        def call(took: int, outcome: str) -> None:
            clock.advance(took)
            if (error := ERRORS[outcome]) is not None:
                raise error

        for wait, took, outcome in script:
            clock.advance(wait / 4)
            try:
                if guarded:
                    breaker.call(call, took, outcome)
                else:
                    permit = breaker.admit()
                    clock.advance(took)
                    breaker.settle(permit, outcome)  # type: ignore[arg-type]
            except CircuitOpenError as rejected:
                seen.append((rejected.state, rejected.retry_after))
            except BaseException:
                pass
            seen.append(breaker.state)
        return seen

    assert play(guarded=True) == play(guarded=False)
