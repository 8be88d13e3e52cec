"""Redis stores on real servers: over every client of redis-py, through settings, outages and crowds."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import redis
import redis.asyncio
from histories import histories, play
from hypothesis import given, settings
from operations import begin, complete, get, servers
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry

from once_again import ConfigError, StoreUnavailableError, idempotent
from once_again.stores import MemoryStore, RedisStore
from once_again.testing import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from operations import Servers

pytestmark = pytest.mark.filterwarnings("ignore:once_again. Redis forgets its latest records:RuntimeWarning")


@pytest.fixture(scope="module")
def running() -> Iterator[Servers]:
    with servers("redis", "cluster") as running:
        yield running


@pytest.fixture(scope="module")
def url(running: Servers) -> str:
    return str(running.of("redis")["url"])


class Loop:
    """A store over a client of asyncio, as one that blocks."""

    def __init__(self, connect: Callable[[], Any], **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self.client = self.do(self._connected(connect))
        self.store = RedisStore(self.client, **options)

    def do(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)

    def apply(self, op: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self.do(self.store.apply(op))
        return reply

    def close(self) -> None:
        self.do(self.client.aclose())
        self._loop.close()

    async def _connected(self, connect: Callable[[], Any]) -> Any:
        return connect()


KINDS = ["blocking", "decoding", "cluster", "asyncio", "asyncio decoding", "asyncio cluster"]


@pytest.fixture(scope="module", params=KINDS)
def opened(request: pytest.FixtureRequest, running: Servers) -> Iterator[Callable[..., Any]]:
    """Opens a store over one kind of client."""
    redis_port, [port, *_] = running.of("redis")["port"], running.of("cluster")["ports"]
    open_stores: list[Any] = []

    def open_store(**options: Any) -> Any:
        kind = request.param
        host, decoding = "127.0.0.1", "decoding" in kind
        store: Any
        if kind == "cluster":
            store = RedisStore(redis.RedisCluster(startup_nodes=[ClusterNode(host, port)]), **options)
        elif kind == "asyncio cluster":
            store = Loop(lambda: redis.asyncio.RedisCluster(startup_nodes=[AsyncClusterNode(host, port)]), **options)
        elif "asyncio" in kind:
            store = Loop(lambda: redis.asyncio.Redis(port=redis_port, decode_responses=decoding), **options)
        else:
            store = RedisStore(redis.Redis(port=redis_port, decode_responses=decoding), **options)
        open_stores.append(store)
        return store

    yield open_store
    for store in open_stores:
        store.close()
        if isinstance(store, RedisStore):
            store._client.close()


_runs = iter(range(1_000_000))


def test_it_answers_as_the_memory_store_does(opened: Callable[..., Any]) -> None:
    clock = VirtualClock(wall_now=1_795_000_000.0)
    store = opened(prefix="histories:", clock=clock)

    @given(history=histories)
    @settings(max_examples=25, deadline=None)
    def check(history: list[tuple[int, dict[str, Any]]]) -> None:
        memory = MemoryStore(max_bytes=2**30, cleanup_interval=86_400, clock=clock)
        for op, heard in play(history, next(_runs), clock):
            reply, expected = store.apply(op), memory.apply(op)
            # What was swept is each store's own affair.
            assert op["op"] == "sweep" or reply == expected, op
            heard(reply)

    check()


def test_outcomes_are_kept_byte_for_byte_whatever_the_client_decodes(opened: Callable[..., Any]) -> None:
    store = opened(prefix="bytes:")
    key = next(_runs)
    epoch = store.apply(begin(key, 1))["epoch"]
    assert store.apply(complete(key, 1, epoch, bytes(range(256)))) == {"reply": "completed"}
    assert store.apply(begin(key, 2))["payload"] == bytes(range(256))


def test_a_server_that_has_forgotten_the_scripts_learns_them_again(url: str) -> None:
    client = redis.Redis.from_url(url)
    store = RedisStore(client)
    assert store.apply(get(1)) == {"reply": "notFound"}
    client.script_flush()
    assert store.apply(get(1)) == {"reply": "notFound"}
    client.close()


def test_a_first_run_is_two_round_trips_and_a_replay_one(url: str) -> None:
    with redis.Redis.from_url(url) as client, RedisStore(client, prefix="counted:") as store:

        def scripts_run() -> int:
            stats: Any = client.info("commandstats")
            return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))

        store.apply(complete(1, 1, store.apply(begin(1, 1))["epoch"], b""))  # The server learns the scripts.
        before = scripts_run()
        store.apply(complete(2, 1, store.apply(begin(2, 1))["epoch"], b""))
        assert scripts_run() == before + 2
        assert store.apply(begin(2, 2))["reply"] == "replay"
        assert scripts_run() == before + 3


def test_a_key_raced_by_a_thousand_threads_is_acquired_once(url: str) -> None:
    pool = redis.BlockingConnectionPool.from_url(url, max_connections=50, timeout=60)
    store = RedisStore(redis.Redis(connection_pool=pool), prefix="threads:")
    start, replies = threading.Event(), []

    def call(caller: int) -> None:
        start.wait()
        replies.append(store.apply(begin(1, caller))["reply"])

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(1_000)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    assert (replies.count("acquired"), replies.count("busy")) == (1, 999)
    pool.disconnect()


def test_a_key_raced_by_a_thousand_tasks_is_acquired_once(url: str) -> None:
    async def race() -> list[str]:
        pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=50, timeout=60)
        async with redis.asyncio.Redis(connection_pool=pool) as client, RedisStore(client, prefix="tasks:") as store:
            replies = await asyncio.gather(*[store.apply(begin(1, caller)) for caller in range(1_000)])
        await pool.disconnect()
        return [reply["reply"] for reply in replies]

    replies = asyncio.run(race())
    assert (replies.count("acquired"), replies.count("busy")) == (1, 999)


def test_a_killed_server_is_unavailable_until_it_is_back() -> None:
    with servers("redis") as running:
        client = redis.Redis(port=running.of("redis")["port"], retry=Retry(NoBackoff(), 1))
        store = RedisStore(client)
        assert store.apply(begin(1, 1))["reply"] == "acquired"
        running.do("kill", "redis")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="did not do what it was asked") as raised:
                store.apply(begin(2, 1))
            assert isinstance(raised.value.__cause__, redis.ConnectionError)
        running.do("start", "redis")
        assert store.apply(begin(2, 1))["reply"] == "acquired"
        client.close()


def test_a_killed_server_is_unavailable_to_asyncio_until_it_is_back() -> None:
    async def outlive(running: Servers) -> None:
        port = running.of("redis")["port"]
        async with redis.asyncio.Redis(port=port, retry=AsyncRetry(NoBackoff(), 1)) as client:
            store = RedisStore(client)
            assert (await store.apply(begin(1, 1)))["reply"] == "acquired"
            running.do("kill", "redis")
            for _ in range(2):
                with pytest.raises(StoreUnavailableError, match="did not do what it was asked"):
                    await store.apply(begin(2, 1))
            running.do("start", "redis")
            assert (await store.apply(begin(2, 1)))["reply"] == "acquired"

    with servers("redis") as running:
        asyncio.run(outlive(running))
        gc.collect()  # Whoever left a connection open would be warned of here.


class TestSettingsThatEndangerRecords:
    @pytest.fixture
    def client(self, url: str) -> Iterator[redis.Redis]:
        with redis.Redis.from_url(url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("appendonly", "yes")
            yield client
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("appendonly", "no")

    def test_are_told(self, client: redis.Redis) -> None:
        (told,) = RedisStore(client).check()
        assert told.endswith("maxmemory-policy is allkeys-lru, set it to noeviction")
        client.config_set("maxmemory-policy", "noeviction")
        assert RedisStore(client).check() == []

    def test_are_warned_of_once_by_the_first_operation(self, client: redis.Redis) -> None:
        store = RedisStore(client)
        with pytest.warns(RuntimeWarning, match="maxmemory-policy is allkeys-lru"):
            store.apply(get(1))
        with warnings.catch_warnings(record=True) as more:
            store.apply(get(1))
        assert more == []

    @pytest.mark.filterwarnings("error")
    def test_do_not_cost_a_reply_where_warnings_are_errors(self, client: redis.Redis) -> None:
        assert RedisStore(client).apply(get(1)) == {"reply": "notFound"}


def test_a_key_of_another_kind_in_the_stores_place_fails_closed(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set(f"other:{get(1)['key']}", "a string")
        with pytest.raises(StoreUnavailableError, match="WRONGTYPE"):
            RedisStore(client, prefix="other:").apply(get(1))


class Answering:
    """A client whose server answers the same to everything."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def execute_command(self, *_: Any, **__: Any) -> Any:
        return self.answer


@pytest.mark.parametrize("answer", [None, [], 5, [b"granted"], [b"acquired", b"many"], [1.5], [10**30]], ids=repr)
def test_an_answer_that_is_none_of_ours_is_a_store_that_failed(answer: Any) -> None:
    store: Any = RedisStore(Answering(answer))
    with pytest.raises(StoreUnavailableError):
        store.apply(get(1))


@pytest.mark.parametrize("answer", [5, [b"granted"], [object()]])
def test_a_run_over_such_a_store_fails_closed(answer: Any) -> None:
    ran: list[int] = []
    store: Any = RedisStore(Answering(answer))
    charge = idempotent(name="charge", store=store)(lambda: ran.append(1))
    with pytest.raises(StoreUnavailableError):
        charge()
    assert ran == []


def test_whoever_overrides_apply_is_asked(url: str) -> None:
    asked: list[str] = []

    class Counted(RedisStore[Any]):
        def apply(self, op: Any, /) -> Any:
            asked.append(op["op"])
            return super().apply(op)

    with redis.Redis.from_url(url) as client:
        store = Counted(client, prefix="counted:")
        charge = idempotent(name="charge", store=store)(lambda: "charged")
        assert [charge(), charge()] == ["charged"] * 2
    assert asked == ["begin", "complete", "begin"]


def test_a_closed_store_is_unavailable_and_its_client_still_open(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        store = RedisStore(client)
        store.close()
        with pytest.raises(StoreUnavailableError, match="the store was closed"):
            store.apply(get(1))
        assert client.ping()


class TestFromTheEnvironment:
    def test_without_an_address_the_variable_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("REDIS_URL", raising=False)
        with pytest.raises(ConfigError, match="REDIS_URL: got no environment variable, expected an address such as"):
            RedisStore.from_env()

    def test_a_client_that_blocks(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("REDIS_URL", url)
        with RedisStore.from_env(prefix="env:") as store:
            assert store.apply(get(1)) == {"reply": "notFound"}
        gc.collect()

    def test_a_client_of_asyncio(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        async def ask() -> dict[str, Any]:
            async with RedisStore.from_env(asyncio=True, prefix="env:") as store:
                return await store.apply(get(1))

        monkeypatch.setenv("REDIS_URL", url)
        assert asyncio.run(ask()) == {"reply": "notFound"}
        gc.collect()


@pytest.mark.parametrize("client", [None, object(), "redis://localhost"], ids=["none", "an object", "an address"])
def test_what_is_no_client_is_refused(client: Any) -> None:
    with pytest.raises(ConfigError, match=r"client: got an object of type \w+, expected a client of redis-py"):
        RedisStore(client)


@pytest.mark.parametrize("prefix", ["", "a" * 201], ids=["empty", "long"])
def test_a_bad_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match=r"prefix: got .*, expected text of 1 to 200 bytes"):
        RedisStore(Answering([]), prefix=prefix)


def test_what_is_no_operation_is_refused(url: str) -> None:
    with redis.Redis.from_url(url) as client, pytest.raises(ConfigError, match=r"op: got .*, expected an operation"):
        RedisStore(client).apply({"op": "forget"})
