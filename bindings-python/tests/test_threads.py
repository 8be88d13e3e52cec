"""One policy, many threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from once_again import MaxRetriesExceeded, retry_kernel_task
from once_again.testing import no_sleep


@pytest.fixture(autouse=True)
def sleeps() -> Iterator[list[float]]:
    with no_sleep() as sleeps:
        yield sleeps


def test_ten_thousand_calls_over_threads_never_mix_their_attempts() -> None:
    """Call n fails n % 3 times, each time with an error that bears its own number."""
    local = threading.local()

    @retry_kernel_task(initial_delay=0)
    def task(number: int) -> int:
        local.failed = getattr(local, "failed", 0)
        if local.failed < number % 4:
            local.failed += 1
            raise ConnectionError(number)
        return number

    def run(number: int) -> int:
        local.failed = 0
        try:
            return task(number)
        except MaxRetriesExceeded as exceeded:
            assert exceeded.attempts == 3
            assert [failed.attempt for failed in exceeded.history] == [1, 2, 3]
            assert {failed.error.args for failed in exceeded.history} == {(number,)}
            return -number

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(run, range(10_000)))
    assert results == [-n if n % 4 == 3 else n for n in range(10_000)]
