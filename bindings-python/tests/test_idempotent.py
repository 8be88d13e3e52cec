"""Functions that run once: what they are filed under, and what a repetition gets."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from once_again import (
    ConfigError,
    FingerprintError,
    InProgressError,
    KeyInvalidError,
    KeyReusedError,
    OutcomeUnknownError,
    RetryContext,
    StoreFullError,
    StoreUnavailableError,
    idempotent,
)
from once_again.stores import MemoryStore
from once_again.testing import VirtualClock


class Till:
    """A function with an effect, which it counts."""

    def __init__(self, **options: Any) -> None:
        self.charged: list[Any] = []
        options.setdefault("name", "charge")
        self.charge: Callable[..., Any] = idempotent(**options)(self._charge)

    def _charge(self, order: Any, amount: int = 5) -> Any:
        self.charged.append(order)
        if isinstance(order, Exception):
            raise order
        return {"receipt": len(self.charged), "amount": amount}


def test_a_call_with_the_key_of_a_finished_one_gets_its_result() -> None:
    till = Till(key=lambda order, amount=5: order["id"])
    order = {"id": "A-1"}
    assert till.charge(order) == {"receipt": 1, "amount": 5}
    assert till.charge(order) == {"receipt": 1, "amount": 5}
    assert till.charge({"id": "A-2"}) == {"receipt": 2, "amount": 5}
    assert till.charged == [{"id": "A-1"}, {"id": "A-2"}]
    again = till.charge.execute(order)  # type: ignore[attr-defined]
    assert (again.output, again.is_replay, again.confirmed) == ({"receipt": 1, "amount": 5}, True, True)
    first = till.charge.execute({"id": "A-3"})  # type: ignore[attr-defined]
    assert (first.output, first.is_replay, first.confirmed, len(first.key)) == (
        {"receipt": 3, "amount": 5},
        False,
        True,
        64,
    )


def test_without_a_key_the_arguments_count_whatever_way_they_are_given() -> None:
    till = Till()
    first = till.charge({"id": 1, "note": "n"}, 7)
    for args, kwargs in (
        (({"note": "n", "id": 1.0}, 7), {}),
        (({"id": 1, "note": "n"},), {"amount": 7}),
        ((), {"amount": 7, "order": {"id": 1, "note": "n"}}),
    ):
        assert till.charge(*args, **kwargs) == first
    assert till.charge({"id": 1, "note": "n"}, 8) != first
    assert len(till.charged) == 2


def test_the_key_with_other_arguments_is_refused() -> None:
    till = Till(key="order.id")
    till.charge({"id": "A-1"})
    with pytest.raises(KeyReusedError):
        till.charge({"id": "A-1", "more": True})
    assert len(till.charged) == 1


def test_a_key_is_a_parameter_or_a_field_of_one() -> None:
    class Order:
        id = 7

    kept: list[Any] = []

    @idempotent(name="f", key="order.id", about=lambda order, **named: None)
    def f(order: Any, *, by: str = "mail") -> int:
        kept.append(order)
        return len(kept)

    assert [f(Order()), f({"id": 7}), f(order={"id": 8}), f({"id": "8"}, by="post")] == [1, 1, 2, 2]

    @idempotent(name="g", key="by", about=lambda **named: None)
    def g(*, by: str = "mail") -> int:
        kept.append(by)
        return len(kept)

    assert [g(), g(by="mail"), g(by="post")] == [3, 3, 4]


@pytest.mark.parametrize("key", ["order.", "nobody", "nobody.id", 3])
def test_a_key_that_names_nothing_is_refused_where_it_is_written(key: Any) -> None:
    with pytest.raises(ConfigError, match="key: got "):
        Till(key=key)


@pytest.mark.parametrize("key", ["", "order 7", "\n", "x" * 256, "Zoë", "half a \ud83d pair"])
def test_a_key_that_is_none_is_refused_and_nothing_runs(key: str) -> None:
    till = Till(key=lambda order: key)
    with pytest.raises(KeyInvalidError):
        till.charge("A-1")
    assert till.charged == []


def test_a_hybrid_key_is_both_and_a_content_key_forgets_the_callers() -> None:
    for strategy, runs in (("client", 1), ("hybrid", 2), ("content", 2)):
        till = Till(key=lambda order: "k", key_strategy=strategy, **({"about": str} if strategy == "client" else {}))
        till.charge("a")
        if strategy == "client":
            till.charge("a")
        else:
            till.charge("b")
        assert len(till.charged) == runs


def test_fields_that_change_each_time_can_be_left_out() -> None:
    till = Till(exclude=["/sent_at"])
    assert till.charge({"id": 1, "sent_at": 5}) == till.charge({"id": 1, "sent_at": 6})
    with pytest.raises(ConfigError, match="exclude"):
        Till(exclude=["sent_at"])


def test_arguments_without_a_json_form_are_refused_by_their_place() -> None:
    with pytest.raises(FingerprintError, match="'/0/when'"):
        Till().charge({"when": date(2026, 1, 1)}, 5)


def test_what_a_function_raises_is_not_kept_and_the_next_call_runs() -> None:
    till = Till(about=lambda order: 1, key=lambda order: "k")
    with pytest.raises(ConnectionError):
        till.charge(ConnectionError("refused"))
    assert till.charge("A-1")["receipt"] == 2


def test_errors_are_kept_when_asked_for() -> None:
    class Declined(Exception):
        code = "insufficient_funds"

    till = Till(keep_errors=True, about=lambda order: 1, key=lambda order: "k")
    with pytest.raises(ValueError, match="no such card"):
        till.charge(ValueError("no such card"))
    with pytest.raises(ValueError, match="no such card"):
        till.charge("A-1")
    till = Till(keep_errors=True, about=lambda order: 1, key=lambda order: "k")
    with pytest.raises(Declined):
        till.charge(Declined("no"))
    with pytest.raises(Exception, match="Declined: no") as raised:
        till.charge("A-1")
    assert raised.value.name == "Declined"  # type: ignore[attr-defined]
    assert len(till.charged) == 1


def test_at_most_once_never_runs_again() -> None:
    till = Till(profile="at_most_once", about=lambda order: 1, key=lambda order: "k")
    with pytest.raises(ConnectionError):
        till.charge(ConnectionError())
    with pytest.raises(OutcomeUnknownError):
        till.charge("A-1")
    assert len(till.charged) == 1


def test_a_result_is_kept_for_an_hour_or_as_long_as_asked() -> None:
    for options, seconds in (({}, 3_600), ({"level": "request"}, 86_400), ({"ttl": 60}, 60), ({"ttl_ms": 500}, 0.5)):
        clock = VirtualClock()
        till = Till(clock=clock, store=MemoryStore(clock=clock), **options)
        till.charge("A-1")
        clock.advance(seconds - 0.001)
        till.charge("A-1")
        assert len(till.charged) == 1
        clock.advance(0.001)
        till.charge("A-1")
        assert len(till.charged) == 2


def test_functions_of_one_name_share_their_records_and_others_do_not() -> None:
    store = MemoryStore()
    one, same, other = Till(store=store), Till(store=store), Till(store=store, name="refund")
    for till in (one, same, other):
        till.charge("A-1")
    assert [len(till.charged) for till in (one, same, other)] == [1, 0, 1]
    prefixed = Till(store=store, key_prefix="shop")
    prefixed.charge("A-1")
    assert len(prefixed.charged) == 1


def test_methods_are_told_apart_by_their_arguments_not_by_their_object() -> None:
    class Shop:
        charged = 0

        @idempotent(name="charge")
        def charge(self, order: str) -> int:
            """Charges."""
            self.charged += 1
            return self.charged

        @classmethod
        @idempotent(name="make")
        def make(cls, order: str) -> str:
            return cls.__name__ + order

        @idempotent(name="help")
        @staticmethod
        def help(order: str) -> str:
            return order

    shop = Shop()
    assert [shop.charge("a"), Shop().charge("a"), Shop.charge(shop, "a"), shop.charge("b")] == [1, 1, 1, 2]
    assert shop.charge.execute("a").is_replay
    assert shop.charge.with_key("k")("a") == 3
    assert [Shop.make("1"), shop.make("1"), Shop.help("h"), shop.help("h")] == ["Shop1", "Shop1", "h", "h"]
    assert (Shop.charge.__name__, Shop.charge.__doc__) == ("charge", "Charges.")  # type: ignore[attr-defined]
    assert list(inspect.signature(Shop.charge).parameters) == ["self", "order"]
    assert Shop.charge.__wrapped__(shop, "a") == 4  # type: ignore[attr-defined]


def test_one_calls_own_key_comes_before_the_options() -> None:
    till = Till(key=lambda order: "k")
    charge: Any = till.charge
    assert charge.with_key("mine")("A-1") == charge.with_key("mine")("A-1")
    charge("A-1")
    assert len(till.charged) == 2


def test_a_disabled_one_runs_every_time() -> None:
    till = Till(enabled=False)
    assert [till.charge("A-1")["receipt"], till.charge("A-1")["receipt"]] == [1, 2]


def test_a_finished_call_may_be_made_again_where_that_is_safe() -> None:
    asked: list[tuple[Any, ...]] = []

    def is_safe(given: Any, previous: Any, context: RetryContext) -> bool:
        asked.append((given, previous["receipt"], context.args, context.kwargs))
        return context.args == ("again",)

    def merge(previous: Any, current: Any, context: RetryContext) -> Any:
        return [previous["receipt"], current["receipt"]]

    till = Till(key=lambda order: "k", about=lambda order: 1, is_safe_to_retry=is_safe, merge_results=merge)
    execute: Any = till.charge.execute  # type: ignore[attr-defined]
    assert till.charge("first")["receipt"] == 1
    assert till.charge("no")["receipt"] == 1
    merged = execute("again")
    assert (merged.output, merged.is_replay) == ([1, 2], False)
    # What was recorded first stands.
    assert till.charge("no")["receipt"] == 1
    assert asked == [(1, 1, ("no",), {}), (1, 1, ("again",), {}), (1, 1, ("no",), {})]
    plain = Till(key=lambda order: "k", about=lambda order: 1, is_safe_to_retry=lambda *_: True)
    assert [plain.charge("a")["receipt"], plain.charge("a")["receipt"]] == [1, 2]


def test_a_full_store_and_a_broken_one_run_nothing() -> None:
    till = Till(store=MemoryStore(max_records=1))
    till.charge("A-1")
    with pytest.raises(StoreFullError):
        till.charge("A-2")

    class Broken:
        def apply(self, op: Any) -> Any:
            raise OSError("down")

    till = Till(store=Broken())
    with pytest.raises(StoreUnavailableError):
        till.charge("A-1")
    assert till.charged == []
    till = Till(store=Broken(), fail_open=True)
    result = till.charge.execute("A-1")  # type: ignore[attr-defined]
    assert (result.output["receipt"], result.is_replay, result.confirmed) == (1, False, False)


def test_a_store_that_speaks_nonsense_is_a_store_that_failed() -> None:
    for reply in (None, 3, {}, {"reply": "maybe"}, {"reply": "acquired", "epoch": object()}):

        class Nonsense:
            def apply(self, op: Any, reply: Any = reply) -> Any:
                return reply

        with pytest.raises(StoreUnavailableError):
            Till(store=Nonsense()).charge("A-1")


def test_a_second_caller_is_rejected_where_that_is_asked_for() -> None:
    clock = VirtualClock()
    inner: list[Exception] = []

    @idempotent(name="f", clock=clock, conflict="reject", key=lambda: "k")
    def f() -> None:
        with pytest.raises(InProgressError) as raised:
            f()
        inner.append(raised.value)

    f()
    assert len(inner) == 1
    assert clock.sleeps == []


def test_a_caller_who_waits_in_vain_is_told_so_after_thirty_seconds() -> None:
    clock = VirtualClock()

    @idempotent(name="f", clock=clock, key=lambda: "k")
    def f() -> float:
        began = clock.now()
        with pytest.raises(InProgressError):
            f()
        return clock.now() - began

    assert f() == 30.0


def test_what_it_cannot_be_put_on_is_refused() -> None:
    def steps() -> Any:
        yield 1

    async def later() -> None: ...

    class Async:
        async def apply(self, op: Any) -> Any: ...

    for function, options, message in (
        (steps, {}, "the generator function"),
        (int, {}, "got int, expected a function or a method"),
        (repr, {"store": 3}, "store: got an object of type int, expected a store"),
        (repr, {"store": Async()}, "store: got Async, expected a store that answers at once, or an async function"),
        (repr, {"is_safe_to_retry": later}, "is_safe_to_retry: got an object of type function"),
        (later, {"merge_results": 3}, "merge_results: got an object of type int"),
        (lambda: 1, {"with_context": True}, "a function with a parameter `context`"),
        (repr, {"tll": 3}, "tll: got 3, expected a known field; the nearest is ttl"),
        (repr, {"ttl": 10**9}, "ttl"),
    ):
        with pytest.raises(ConfigError, match=message):
            idempotent(name="f", **options)(function)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="name: got nothing, expected a name"):
        idempotent()(repr)  # type: ignore[call-arg]


def test_a_store_that_turns_out_to_answer_later_is_refused_too() -> None:
    class Later:
        def apply(self, op: Any) -> Any:
            async def answer() -> None: ...

            return answer()

    with (
        pytest.warns(RuntimeWarning, match="was never awaited"),
        pytest.raises(ConfigError, match="a store that answers at once"),
    ):
        Till(store=Later()).charge("A-1")
