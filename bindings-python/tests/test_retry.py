"""Retries of plain functions."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

import pytest
from flaky import failing

from once_again import (
    CircuitBreaker,
    CircuitOpenError,
    MaxRetriesExceeded,
    RetryConfig,
    RetryEvent,
    retry_critical_task,
    retry_decorator,
    retry_kernel_task,
    retry_quick_task,
)
from once_again.testing import VirtualClock, no_sleep, virtual_clock


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_a_bare_decorator_retries_until_the_task_succeeds(sleeps: list[float]) -> None:
    assert retry_kernel_task(failing(2))() == "done"
    assert sleeps == [1.0, 2.0]


@pytest.mark.parametrize(
    ("decorator", "attempts", "waits"),
    [
        (retry_kernel_task, 3, [1.0, 2.0]),
        (retry_critical_task, 5, [2.0, 4.0, 8.0, 16.0]),
        (retry_quick_task, 3, [0.5, 1.0]),
    ],
    ids=["kernel", "critical", "quick"],
)
def test_each_preset_has_its_attempts_and_delays(
    decorator: Any, attempts: int, waits: list[float], sleeps: list[float]
) -> None:
    with pytest.raises(MaxRetriesExceeded) as raised:
        decorator(failing(99))()
    assert raised.value.attempts == attempts
    assert sleeps == waits


def test_arguments_win_over_the_config_and_the_config_over_the_preset(sleeps: list[float]) -> None:
    config = RetryConfig(max_attempts=5, initial_delay=4.0)
    assert retry_kernel_task(config=config, max_attempts=4)(failing(3))() == "done"
    assert sleeps == [4.0, 8.0, 16.0]
    with pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(config=config, max_attempts=4)(failing(4))()


def test_delays_are_capped(sleeps: list[float]) -> None:
    retry_kernel_task(max_attempts=20, max_delay=2.0)(failing(5))()
    assert sleeps == [1.0, 2.0, 2.0, 2.0, 2.0]


def test_a_zero_delay_never_sleeps(sleeps: list[float]) -> None:
    retry_kernel_task(initial_delay=0)(failing(2))()
    assert sleeps == []


@pytest.mark.parametrize("result", [None, 0, "", [], False])
def test_falsy_results_come_back_as_they_are(result: object) -> None:
    assert retry_kernel_task(failing(1, result=result))() is result


def test_with_reraise_the_last_failure_itself_comes_out() -> None:
    with pytest.raises(ConnectionError, match="refused"):
        retry_kernel_task(reraise=True)(failing(99))()


def test_a_failure_that_is_not_retryable_comes_out_as_it_is(sleeps: list[float]) -> None:
    for attempt, error in enumerate([TypeError("a bug"), FileNotFoundError("gone"), NotImplementedError()]):
        with pytest.raises(type(error)) as raised:
            retry_kernel_task(failing(1, error))()
        assert raised.value is error, attempt
    assert sleeps == []


def test_a_single_attempt_was_never_meant_to_be_retried() -> None:
    with pytest.raises(ConnectionError):
        retry_kernel_task(max_attempts=1)(failing(1))()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_program_passes_untouched(stop: type[BaseException], sleeps: list[float]) -> None:
    calls = 0

    @retry_kernel_task
    def task() -> None:
        nonlocal calls
        calls += 1
        raise stop

    with pytest.raises(stop):
        task()
    assert (calls, sleeps) == (1, [])


def test_only_the_listed_types_are_retried() -> None:
    class Mine(Exception):
        pass

    class Derived(Mine):
        pass

    assert retry_kernel_task(on=(Mine,))(failing(2, Derived()))() == "done"
    assert retry_kernel_task(on=Mine)(failing(2, Derived()))() == "done"
    with pytest.raises(ConnectionError):
        retry_kernel_task(on=(Mine,))(failing(1))()


def test_a_class_of_the_same_name_is_another_class() -> None:
    class TimeoutError(Exception):  # noqa: A001
        pass

    with pytest.raises(TimeoutError):
        retry_kernel_task(on=(OSError,))(failing(1, TimeoutError()))()


def test_names_kinds_and_functions_may_be_listed_too() -> None:
    class Odd(Exception):
        number = 0

    odd = Odd()
    decorator = retry_kernel_task(on=("RateLimit", "Odd", lambda error: "yes" in str(error)))
    assert decorator(failing(1, odd))() == "done"
    assert decorator(failing(1, ValueError("yes")))() == "done"
    with pytest.raises(ValueError, match="no"):
        decorator(failing(1, ValueError("no")))()


def test_never_on_wins_over_on() -> None:
    with pytest.raises(ConnectionResetError):
        retry_kernel_task(on=OSError, never_on=ConnectionResetError)(failing(1, ConnectionResetError()))()
    with pytest.raises(ValueError, match="final"):
        retry_kernel_task(never_on=lambda error: "final" in str(error))(failing(1, ValueError("final")))()


def test_conditions_can_only_veto_and_are_told_the_attempt_that_failed() -> None:
    asked: list[int] = []

    def early(error: Exception, attempt: int) -> bool:
        asked.append(attempt)
        return attempt < 2

    with pytest.raises(ConnectionError):
        retry_kernel_task(max_attempts=9, custom_conditions=[early])(failing(9))()
    assert asked == [1, 2]
    with pytest.raises(TypeError):
        retry_kernel_task(custom_conditions=[lambda error, attempt: True])(failing(1, TypeError()))()


def test_a_function_of_the_callers_that_fails_does_not_hide_the_failure() -> None:
    def broken(*_: object) -> float:
        raise LookupError

    options: list[Any] = [{"on": broken}, {"custom_conditions": [broken]}, {"custom_backoff": broken}]
    for option in options:
        with pytest.raises(LookupError) as raised:
            retry_kernel_task(**option)(failing(1, error := ConnectionError()))()
        assert raised.value.__context__ is error


def test_a_backoff_function_is_told_the_failed_attempt_and_the_base(sleeps: list[float]) -> None:
    retry_kernel_task(custom_backoff=lambda attempt, base: base * attempt / 4)(failing(2))()
    assert sleeps == [0.25, 0.5]


def test_an_error_says_how_long_to_wait(sleeps: list[float]) -> None:
    class Throttled(Exception):
        status_code = 429
        retry_after = 7.5

    retry_kernel_task(failing(1, Throttled()))()
    assert sleeps == [7.5]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:25 GMT", "date": "Tue, 14 Nov 2023 22:13:20 GMT"}, 5.0),
        ({"Retry-After": "soon"}, 2.0),
        ({}, 2.0),
    ],
    ids=["seconds", "a date", "nonsense", "nothing"],
)
def test_a_response_says_how_long_to_wait(headers: dict[str, str], wait: float, sleeps: list[float]) -> None:
    class Response:
        status_code = 429

        def __init__(self) -> None:
            self.headers = headers

    class HTTPStatusError(Exception):
        response = Response()

    # A rate limit without a hint waits twice as long.
    retry_kernel_task(failing(1, HTTPStatusError()))()
    assert sleeps == [wait]


def test_a_server_that_asks_for_too_long_ends_the_call() -> None:
    class Throttled(Exception):
        status_code = 429
        retry_after = 61

    with pytest.raises(MaxRetriesExceeded) as raised:
        retry_kernel_task(failing(1, Throttled()))()
    assert (raised.value.reason, raised.value.attempts) == ("retry_after_too_long", 1)


def test_the_deadline_ends_the_call_before_a_sleep_that_would_miss_it() -> None:
    with virtual_clock() as clock, pytest.raises(MaxRetriesExceeded) as raised:
        retry_kernel_task(max_attempts=9, total_timeout=5.0)(failing(9))()
    # 1 s and 2 s were waited; the next 4 s would end at 7 s.
    assert (clock.now(), raised.value.reason, raised.value.attempts) == (3.0, "deadline", 3)


def test_a_status_is_read_wherever_clients_put_it() -> None:
    def error(**attributes: object) -> Exception:
        made = Exception()
        for name, value in attributes.items():
            setattr(made, name, value)
        return made

    class Response:
        status = 404

    for refused in [error(status_code=404), error(status=404), error(response=Response())]:
        with pytest.raises(Exception) as raised:  # noqa: PT011
            retry_kernel_task(failing(1, refused))()
        assert raised.value is refused
    assert retry_kernel_task(failing(1, error(status=503)))() == "done"


def test_an_error_whose_properties_fail_is_judged_without_them() -> None:
    class Broken(Exception):
        @property
        def response(self) -> object:
            raise RuntimeError("no response was set")

    assert retry_kernel_task(failing(1, Broken()))() == "done"


def test_errors_of_the_operating_system_are_told_apart_by_their_number() -> None:
    decorate = retry_kernel_task(max_attempts=2)
    for _ in range(2):
        assert decorate(failing(1, OSError(errno.ECONNRESET, "reset")))() == "done"
        with pytest.raises(FileNotFoundError):
            decorate(failing(1, OSError(errno.ENOENT, "no such file")))()
        with pytest.raises(OSError, match="not supported"):
            decorate(failing(1, OSError(errno.EINVAL, "not supported")))()


def test_errors_of_one_class_are_told_apart_by_what_they_carry() -> None:
    class ApiError(Exception):
        pass

    plain, refused = ApiError(), ApiError()
    refused.status_code = 400  # type: ignore[attr-defined]
    decorate = retry_kernel_task(max_attempts=2)
    assert decorate(failing(1, plain))() == "done"
    with pytest.raises(ApiError):
        decorate(failing(1, refused))()
    assert decorate(failing(1, plain))() == "done"


def test_hooks_hear_of_each_retry_and_of_the_end() -> None:
    heard: list[RetryEvent] = []
    task = failing(99, error := ConnectionError())
    with virtual_clock(), pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(
            max_attempts=2,
            on_retry=heard.append,
            on_give_up=heard.append,
            operation_name="fetch",
            service_name="lake",
        )(task)()
    assert heard == [
        RetryEvent("fetch", "lake", 1, error, "Network", 1.0, 0.0, None),
        RetryEvent("fetch", "lake", 2, error, "Network", None, 1.0, "exhausted"),
    ]


def test_a_hook_that_fails_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: RetryEvent) -> None:
        raise RuntimeError("the hook's own")

    assert retry_kernel_task(on_retry=broken)(failing(1))() == "done"
    assert "the hook's own" in caplog.text


def test_what_was_given_up_goes_to_the_dead_letter_handler() -> None:
    letters: list[tuple[Any, ...]] = []
    options: Any = {
        "dead_letter_handler": lambda *letter: letters.append(letter),
        "operation_name": "pay",
        "tags": {"a": 1},
    }
    with pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(**options)(failing(9, lost := ConnectionError()))()
    with pytest.raises(TypeError):
        retry_kernel_task(**options)(failing(9, bug := TypeError()))()
    retry_kernel_task(**options)(failing(2))()
    assert letters == [("pay", lost, 3, {"a": "1"}), ("pay", bug, 1, {"a": "1"})]


def test_dead_letters_and_the_breaker_can_be_turned_off() -> None:
    letters: list[Any] = []
    breaker = CircuitBreaker(failure_threshold=1)
    with pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(
            dead_letter_handler=lambda *letter: letters.append(letter),
            enable_dead_letter=False,
            breaker=breaker,
            enable_circuit_breaker=False,
        )(failing(9))()
    assert (letters, breaker.state) == ([], "CLOSED")


def test_an_open_breaker_ends_the_call_and_names_the_failure_before() -> None:
    breaker = CircuitBreaker(failure_threshold=2, name="lake")
    task = failing(9, error := ConnectionError())
    with pytest.raises(CircuitOpenError) as raised:
        retry_kernel_task(max_attempts=5, breaker=breaker)(task)()
    assert raised.value.breaker == "lake"
    assert raised.value.__cause__ is error
    assert breaker.stats()["failures"] == 2


def test_the_decorators_of_the_kernel_tasks_have_a_module_of_their_own() -> None:
    assert retry_decorator.retry_kernel_task is retry_kernel_task
    assert retry_decorator.RetryConfig is RetryConfig
    assert repr(retry_kernel_task).startswith("<function retry_kernel_task at ")


def test_jitter_is_drawn_from_the_given_generator() -> None:
    class Fixed:
        def getrandbits(self, k: int) -> int:
            return 1 << (k - 1)

    clock = VirtualClock()
    retry_kernel_task(jitter="full", clock=clock, random=Fixed())(failing(2))()
    assert clock.sleeps == [0.5, 1.0]
