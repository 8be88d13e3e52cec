"""What users' tests are given: errors on demand, and a store that fails when told to."""

from __future__ import annotations

import asyncio

import pytest

from once_again import IdempotencyManager, StoreFullError, StoreUnavailableError, fingerprint, retry_kernel_task
from once_again.testing import inject_errors, mock_store, no_sleep


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


FINGERPRINT = fingerprint({"amount": 5})


def test_a_mock_store_behaves_as_one_in_memory_and_remembers_what_it_was_asked() -> None:
    store = mock_store(max_records=1)
    manager = IdempotencyManager(store=store)
    assert not manager.check_duplicate("k", FINGERPRINT).is_duplicate
    assert manager.check_duplicate("k", FINGERPRINT).is_duplicate
    assert [operation["op"] for operation in store.operations] == ["begin", "begin"]
    with pytest.raises(StoreFullError):
        manager.check_duplicate("other", FINGERPRINT)


def test_a_mock_store_fails_as_often_as_it_was_told() -> None:
    store = mock_store()
    manager = IdempotencyManager(store=store)
    store.fail()
    with pytest.raises(StoreUnavailableError):
        manager.check_duplicate("k", FINGERPRINT)
    store.fail(2, StoreUnavailableError("lost"), applied=True)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="lost"):
            manager.check_duplicate("k", FINGERPRINT)
    # The claim whose reply was lost took effect.
    assert manager.check_duplicate("k", FINGERPRINT).is_duplicate
