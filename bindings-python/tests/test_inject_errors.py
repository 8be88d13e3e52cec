"""Errors on demand, for users' tests."""

from __future__ import annotations

import asyncio

import pytest

from once_again import retry_kernel_task
from once_again.testing import inject_errors, no_sleep


def test_the_first_calls_fail_in_the_given_order() -> None:
    def work(number: int) -> int:
        return number + 1

    flaky = inject_errors(work, [ConnectionError("first"), TimeoutError])
    for error in (ConnectionError, TimeoutError):
        with pytest.raises(error):
            flaky(1)
    assert (flaky(1), flaky(2)) == (2, 3)
    assert flaky.__name__ == "work"


def test_an_async_function_stays_one() -> None:
    async def work() -> str:
        return "done"

    with no_sleep() as sleeps:
        assert asyncio.run(retry_kernel_task(inject_errors(work, [ConnectionError()]))()) == "done"
    assert sleeps == [1.0]
