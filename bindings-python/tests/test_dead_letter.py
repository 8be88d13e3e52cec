"""Calls that were given up: who hears of them, where they are kept, and how they are sent again."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flaky import failing

from once_again import (
    ConfigError,
    DeadLetter,
    DeadLetterQueue,
    InProgressError,
    MaxRetriesExceeded,
    MemoryDeadLetterStore,
    RetryManager,
    retry_kernel_task,
)
from once_again.testing import VirtualClock, virtual_clock


@pytest.fixture(autouse=True)
def clock() -> Iterator[VirtualClock]:
    with virtual_clock() as clock:
        yield clock


def buried(letters: DeadLetterQueue, error: Exception | None = None, **said: Any) -> DeadLetter:
    """The letter of a call that was given up, as it is found in the queue."""
    manager = RetryManager(max_attempts=2, dead_letter_store=letters, jitter=False, operation_name="pay")
    with pytest.raises((MaxRetriesExceeded, type(error or OSError()))):
        manager.execute(failing(9, error), **said)
    return letters.list()[-1]


def test_a_letter_says_all_there_is_to_know_of_the_call(clock: VirtualClock) -> None:
    letters = DeadLetterQueue()

    class Refused(Exception):
        kind = "Network"
        code = "ECONNREFUSED"

    @retry_kernel_task(
        dead_letter_store=letters, operation_name="pay", operation_type="payment", tags={"team": "money"}
    )
    def pay() -> None:
        raise Refused("host 7")

    with pytest.raises(MaxRetriesExceeded):
        pay()
    [letter] = letters.list()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", letter.id)
    assert letter == DeadLetter(
        id=letter.id,
        operation="pay",
        type="payment",
        error={"kind": "Network", "name": "Refused", "code": "ECONNREFUSED", "message": "host 7"},
        attempts=3,
        first_at=1_700_000_000.0,
        last_at=1_700_000_003.0,
        tags={"team": "money"},
        metadata={"team": "money"},
        key=letter.id,
        payload=None,
        payload_omitted=False,
    )
    assert letters.stats() == {"buried": 1, "lost": 0, "redriven": 0, "discarded": 0}


def test_what_the_caller_says_of_a_call_is_in_its_letter_and_told_to_the_handler() -> None:
    letters, told = DeadLetterQueue(), []
    manager = RetryManager(
        max_attempts=1,
        dead_letter_store=letters,
        dead_letter_handler=lambda *args: told.append(args),
        tags={"team": "money"},
    )
    error = ConnectionError()
    with pytest.raises(ConnectionError):
        manager.execute(
            failing(9, error), name="pay", key="order-7", payload={"amount": 5}, metadata={"attempted_by": "cron"}
        )
    [letter] = letters.list()
    assert (letter.operation, letter.key, letter.payload) == ("pay", "order-7", {"amount": 5})
    assert letter.metadata == {"team": "money", "attempted_by": "cron"}
    assert told == [("pay", error, 1, {"team": "money", "attempted_by": "cron"})]


def test_a_payload_that_is_no_json_is_left_out_and_that_is_said() -> None:
    letter = buried(DeadLetterQueue(), payload={1, 2})
    assert (letter.payload, letter.payload_omitted) == (None, True)


def test_long_messages_are_cut_and_broken_ones_left_out() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    letters = DeadLetterQueue()
    assert len(buried(letters, ConnectionError("x" * 5_000)).error["message"]) == 4_000
    assert buried(letters, Broken()).error == {"kind": "Unknown", "name": "Broken"}


def test_a_redrive_forgets_the_letter_when_it_succeeds() -> None:
    seen: list[Any] = []
    letters = DeadLetterQueue(handlers={"pay": lambda letter: seen.append((letter.payload, letter.key))})
    letter = buried(letters, payload=[1], key="k")
    assert letters.redrive(letter.id) is None
    assert seen == [([1], "k")]
    assert letters.list() == []
    assert letters.stats()["redriven"] == 1


def test_an_async_handler_is_awaited() -> None:
    letters = DeadLetterQueue()
    letter = buried(letters)

    async def pay(letter: DeadLetter) -> int:
        await asyncio.sleep(0)
        return letter.attempts

    letters.handle("pay", pay)
    assert asyncio.run(letters.redrive(letter.id)) == 2
    assert letters.list() == []


def test_a_redrive_that_fails_keeps_the_letter_with_the_new_failure(clock: VirtualClock) -> None:
    letters = DeadLetterQueue()
    letter = buried(letters)
    clock.advance(60.0)
    letters.handle("pay", lambda letter: failing(1, TimeoutError("slow"))())
    with pytest.raises(TimeoutError):
        letters.redrive(letter.id)
    letters.handle("pay", retry_kernel_task(lambda letter: failing(1, ConnectionError())()))
    with pytest.raises(MaxRetriesExceeded):
        letters.redrive(letter.id)
    [again] = letters.list()
    assert (again.id, again.attempts) == (letter.id, 2 + 1 + 3)
    assert again.error == {"kind": "Network", "name": "ConnectionError"}
    assert again.last_at == letter.last_at + 60.0 + 3.0
    assert again.first_at == letter.first_at


def test_a_letter_is_redriven_by_one_at_a_time() -> None:
    letters = DeadLetterQueue()
    letter = buried(letters)
    entered, may_end = threading.Event(), threading.Event()

    def slow(letter: DeadLetter) -> str:
        entered.set()
        may_end.wait()
        return "paid"

    letters.handle("pay", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(letters.redrive, letter.id)
        entered.wait()
        with pytest.raises(InProgressError):
            letters.redrive(letter.id)
        may_end.set()
        assert first.result() == "paid"


def test_a_redrive_of_nothing_and_by_nobody_is_refused() -> None:
    letters = DeadLetterQueue(handlers={"other": print})
    with pytest.raises(ConfigError, match="letter_id: got 'x', expected the id of a letter in this queue"):
        letters.redrive("x")
    with pytest.raises(ConfigError, match=r"handlers: got 'pay', expected an operation that has one \(other\)"):
        letters.redrive(buried(letters).id)


def test_a_letter_may_be_thrown_away() -> None:
    letters = DeadLetterQueue()
    letter = buried(letters)
    assert (letters.discard(letter.id), letters.discard(letter.id)) == (True, False)
    assert letters.stats()["discarded"] == 1


def test_a_letter_for_which_there_is_no_room_is_logged_whole_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    letters = DeadLetterQueue(max_letters=1)
    kept = buried(letters)
    buried(letters, payload="the second")
    assert [letter.id for letter in letters.list()] == [kept.id]
    assert letters.stats() == {"buried": 2, "lost": 1, "redriven": 0, "discarded": 0}
    lost = DeadLetter.from_json(caplog.messages[-1].removeprefix("dead_letter_lost "))
    assert (lost.operation, lost.payload) == ("pay", "the second")


def test_a_lost_letter_is_on_stderr_where_no_logging_was_set_up() -> None:
    program = """
from once_again import retry_kernel_task, DeadLetterQueue
letters = DeadLetterQueue(max_letters=1)
@retry_kernel_task(max_attempts=1, dead_letter_store=letters)
def task(): raise ConnectionError
for _ in range(2):
    try: task()
    except ConnectionError: pass
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr.removeprefix("dead_letter_lost "))["operation"] == "task"


def test_any_store_will_do_and_one_that_fails_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Texts:
        """Letters as a database keeps them."""

        def __init__(self) -> None:
            self.texts: dict[str, str] = {}
            self.works = True

        def put(self, letter: DeadLetter) -> bool:
            if not self.works:
                raise OSError("disk full")
            self.texts[letter.id] = letter.to_json()
            return True

        def get(self, letter_id: str) -> DeadLetter | None:
            return DeadLetter.from_json(self.texts[letter_id]) if letter_id in self.texts else None

        def list(self, limit: int | None) -> list[DeadLetter]:
            return [DeadLetter.from_json(text) for text in [*self.texts.values()][:limit]]

        def remove(self, letter_id: str) -> bool:
            return self.texts.pop(letter_id, None) is not None

    store = Texts()
    task = retry_kernel_task(max_attempts=1, dead_letter_store=store)(failing(9, ConnectionError()))
    with pytest.raises(ConnectionError):
        task()
    assert len(store.texts) == 1
    queue = DeadLetterQueue(store, handlers={"failing.<locals>.flaky": lambda letter: "done"})
    assert queue.redrive(queue.list()[0].id) == "done"
    store.works = False
    with pytest.raises(ConnectionError):
        task()
    assert "disk full" in caplog.text
    assert "dead_letter_lost" in caplog.text


def test_a_dead_letter_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    letters = DeadLetterQueue()
    buried(letters)
    line = json.loads(caplog.messages[-1])
    assert (line["event"], line["level"], line["attempt"]) == ("dead_letter", "ERROR", 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"store": 3}, "store: got an object of type int, expected an object with put(), get(), list(), remove()"),
        ({"max_letters": 0}, "max_letters: got 0, expected a whole number from 1 to 10000000"),
        ({"store": MemoryDeadLetterStore(), "max_letters": 5}, "max_letters: got 5, expected nothing beside a store"),
    ],
    ids=["no store", "too small", "both"],
)
def test_what_makes_no_queue_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        DeadLetterQueue(**arguments)
    assert str(raised.value).startswith(message)
