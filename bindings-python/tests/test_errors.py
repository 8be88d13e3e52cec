"""What an error that is raised holds, and for how long."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections.abc import Iterator

import pytest
from flaky import failing

from once_again import (
    FailedAttempt,
    MaxRetriesExceeded,
    retry_kernel_task,
)
from once_again.testing import no_sleep, virtual_clock


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_the_last_failure_is_the_cause_and_every_attempt_is_remembered() -> None:
    with virtual_clock(), pytest.raises(MaxRetriesExceeded) as raised:
        retry_kernel_task(failing(99, error := ConnectionError("refused")))()
    exceeded = raised.value
    assert exceeded.__cause__ is error
    assert (exceeded.attempts, exceeded.elapsed, exceeded.reason) == (3, 3.0, "exhausted")
    assert exceeded.history == (
        FailedAttempt(1, error, "Network", 1.0, 0.0),
        FailedAttempt(2, error, "Network", 2.0, 1.0),
        FailedAttempt(3, error, "Network", None, 3.0),
    )
    assert (exceeded.code, exceeded.status_code, exceeded.retryable) == ("RETRY_EXHAUSTED", 503, False)
    assert str(exceeded).endswith(
        "flaky gave up (exhausted) after 3 attempts in 3.000 s; last failure: ConnectionError"
    )


def test_a_later_error_does_not_carry_an_earlier_one_as_its_context() -> None:
    errors = [ConnectionError(1), ConnectionError(2), ConnectionError(3)]
    left = iter(errors)

    @retry_kernel_task
    def plain() -> None:
        raise next(left)

    with pytest.raises(MaxRetriesExceeded):
        plain()
    assert [error.__context__ for error in errors] == [None, None, None]


def test_nothing_keeps_a_failure_alive_once_the_call_is_over() -> None:
    class Failure(ConnectionError):
        pass

    alive: list[weakref.ref[Failure]] = []

    @retry_kernel_task
    def task() -> None:
        failure = Failure()
        alive.append(weakref.ref(failure))
        try:
            raise failure
        finally:
            del failure

    gc.collect()
    gc.disable()
    try:
        with pytest.raises(MaxRetriesExceeded):
            task()
        assert [ref() for ref in alive] == [None, None, None]
    finally:
        gc.enable()


def test_errors_can_be_pickled() -> None:
    with pytest.raises(MaxRetriesExceeded) as raised:
        retry_kernel_task(failing(9, ValueError("lost")))()
    copy = pickle.loads(pickle.dumps(raised.value))
    assert str(copy) == str(raised.value)
    assert [failed.kind for failed in copy.history] == ["Unknown"] * 3
