"""Plain objects with ``get``, ``set`` and ``delete`` as stores; what operations mean is pinned down by the vectors."""

from __future__ import annotations

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

import pytest
import redis
import redis.asyncio
from asgi_client import ask, reply
from operations import begin, complete, get
from plain import Plain, PlainAsync, PlainIfAbsent

from once_again import ConfigError, IdempotencyManager, StoreUnavailableError, idempotent
from once_again.asgi import IdempotencyMiddleware
from once_again.stores import given as asked
from once_again.stores import simple_store
from once_again.testing import VirtualClock

pytestmark = pytest.mark.filterwarnings("ignore:once_again. a plain store:RuntimeWarning")


def test_a_value_is_plain_json_and_kept_for_whole_seconds() -> None:
    plain = Plain()
    store: Any = simple_store(plain, VirtualClock(wall_now=1_000.0))
    epoch = store.apply(begin(1, 1, retention=86_400_000_000))["epoch"]
    outcome = bytes(range(256))
    assert store.apply({**complete(1, 1, epoch, outcome), "retention": 86_399_500_001}) == {"reply": "completed"}
    assert (list(plain.get(f"{1:064x}")), plain.ttls) == (["record"], [86_400, 86_400])
    assert store.apply(begin(1, 2))["payload"] == outcome


def test_a_thread_waits_for_another_ones_operation_on_its_key() -> None:
    class Entered(Plain):
        """While the first thread is between its read and its write, a second one comes."""

        def get(self, key: str) -> Any:
            found = super().get(key)
            if not second:
                second.append(pool.submit(store.apply, begin(1, 2)))
                with pytest.raises(Late):
                    second[0].result(timeout=0.05)
            return found

    second: list[Any] = []
    store: Any = simple_store(Entered())
    with ThreadPoolExecutor(1) as pool:
        assert store.apply(begin(1, 1))["reply"] == "acquired"
        assert second[0].result(timeout=10)["reply"] == "busy"
    assert not store._turns  # nothing is left of a key that nobody asks about


def test_a_key_raced_by_tasks_is_acquired_once() -> None:
    async def main() -> None:
        store: Any = simple_store(PlainAsync())
        replies = await asyncio.gather(*(store.apply(begin(1, owner)) for owner in range(1, 9)))
        assert sorted(one["reply"] for one in replies) == ["acquired", *["busy"] * 7]
        assert not store._turns

    asyncio.run(main())


def test_two_processes_cannot_both_make_a_first_claim_where_the_object_says_who_came_first() -> None:
    class Overtaken(PlainIfAbsent):
        """Another process writes between our read and our write."""

        def get(self, key: str) -> Any:
            found = super().get(key)
            if found is None and not overtaken:
                overtaken.append(simple_store(Shared(self)).apply(begin(1, 2)))  # type: ignore[arg-type]
            return found

    class Shared(PlainIfAbsent):
        def __init__(self, other: PlainIfAbsent) -> None:
            super().__init__()
            self.texts = other.texts

    overtaken: list[Any] = []
    ours: Any = simple_store(Overtaken()).apply(begin(1, 1))
    assert (overtaken[0]["reply"], ours["reply"]) == ("acquired", "busy")


def test_an_object_whose_answers_contradict_each_other_is_a_store_that_cannot_be_used() -> None:
    class Never(Plain):
        def set_if_absent(self, _key: str, _value: Any, _ttl: int) -> bool:
            return False

    with pytest.raises(StoreUnavailableError, match="set_if_absent finds a record where get finds none"):
        simple_store(Never()).apply(begin(1, 1))


@pytest.mark.parametrize("value", ["text", {"record": "?"}, {"record": "AAAA"}, {"other": 1}, {"record": None}, 7])
def test_what_is_no_record_makes_the_store_unusable_for_its_key(value: Any) -> None:
    plain = Plain()
    plain.set(f"{1:064x}", value, 1)
    with pytest.raises(StoreUnavailableError):
        simple_store(plain).apply(get(1))


@pytest.mark.parametrize("op", [{}, {"op": "nonsense", "key": "a1" * 32}, {"op": "get", "key": 7}])
def test_what_is_no_operation_is_refused(op: Any) -> None:
    with pytest.raises(ConfigError):
        simple_store(Plain()).apply(op)


def test_a_middleware_takes_a_plain_object_awaited_or_not() -> None:
    async def main(store: Any) -> None:
        runs: list[int] = []

        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            runs.append(1)
            await reply(send, 201, b"\x00\xff")

        guarded = IdempotencyMiddleware(app, store=store)
        answers = [await ask(guarded), await ask(guarded)]
        assert ([answer.body for answer in answers], runs) == ([b"\x00\xff"] * 2, [1])
        assert answers[1].headers["idempotent-replayed"] == "true"

    asyncio.run(main(Plain()))
    asyncio.run(main(PlainAsync()))


def test_functions_and_the_manager_take_a_plain_object() -> None:
    runs: list[int] = []

    @idempotent(name="pay", store=Plain())
    def pay(order: int) -> int:
        runs.append(order)
        return order

    assert (pay(1), pay(1), runs) == (1, 1, [1])
    manager = IdempotencyManager(store=Plain())
    print_ = manager.create_request_fingerprint("POST", "/payments", {}, {"amount": 7})
    assert not manager.check_duplicate("k", print_).is_duplicate
    manager.store_response("k", {"paid": 7})
    assert manager.check_duplicate("k", print_).record.response == {"paid": 7}


@pytest.mark.parametrize("store", [object(), {}, 7, "redis://localhost"])
def test_what_is_no_store_is_refused_by_the_manager(store: Any) -> None:
    with pytest.raises(ConfigError, match=r"^store: .*an object with apply\(op\), or with get, set and delete"):
        IdempotencyManager(store=store)


def test_who_cannot_await_refuses_a_store_that_is_awaited() -> None:
    with pytest.raises(ConfigError, match=r"^store: "):
        IdempotencyManager(store=PlainAsync())
    with pytest.raises(ConfigError, match=r"^store: "):
        idempotent(name="pay", store=PlainAsync())(lambda order: order)


def test_one_warning_says_that_it_guards_a_single_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_warned", False)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        asked.as_store(PlainIfAbsent(), None)
        assert not heard
        asked.as_store(Plain(), None)
        asked.as_store(Plain(), None)
    assert ["guards a single process" in str(one.message) for one in heard] == [True]


@pytest.mark.parametrize("client", [redis.Redis(), redis.asyncio.Redis()])
def test_a_client_of_redis_is_told_what_makes_a_store_of_it(client: Any) -> None:
    for take in (
        lambda: idempotent(name="f", store=client)(lambda: 1),
        lambda: IdempotencyManager(store=client),
        lambda: IdempotencyMiddleware(lambda: None, store=client),
        lambda: simple_store(client),
    ):
        with pytest.raises(ConfigError, match=r"^store: got a client of Redis, Redis, expected .*RedisStore\(client\)"):
            take()
