"""Random histories: a few keys, a few owners, and every operation at any moment, also by those who lost their claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from once_again.testing import VirtualClock


def _digest(byte: int) -> str:
    return f"{byte:02x}" * 32


def _span(most: int) -> st.SearchStrategy[int]:
    """Up to so many milliseconds, in microseconds."""
    return st.integers(0, most).map(lambda millis: millis * 1_000)


_blobs = st.binary(max_size=300)


def _often(*weighted: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these, the heavier the likelier: `one_of` alone would count the branches of its branches."""
    urn = [strategy for weight, strategy in weighted for _ in range(weight)]
    return st.sampled_from(urn).flatmap(lambda strategy: strategy)


_keys = st.sampled_from([0, 0, 0, 0, 1, 2])
_blobs = st.binary(max_size=300)
_begin = st.fixed_dictionaries(
    {
        "op": st.just("begin"),
        "key": _keys,
        "owner": st.integers(1, 4).map(lambda owner: f"{owner:02x}" * 16),
        "fingerprint": st.sampled_from([*[f"jcs:{_digest(9)}"] * 9, f"raw:{_digest(9)}"]),
        "caller": st.sampled_from([*[None] * 6, _digest(1), _digest(2)]),
        "lease": _often((9, _span(200)), (1, st.none())),
        "retention": _often((1, _span(300)), (3, st.just(1_500_000))),
        "onOrphan": st.sampled_from([*["reexecute"] * 5, "fail"]),
        "maxTakeovers": st.integers(0, 3),
        "derived": st.booleans(),
    }
)


def _under(op: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Done under one of the claims that were granted so far, counted from the latest."""
    return st.fixed_dictionaries({"claim": st.sampled_from([1, 1, 1, 2, 3]), "op": st.just(op), **fields})


def _resolve(how: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"op": st.just("resolve"), "key": _keys, "how": st.just(how), "retention": _span(1_000), **fields}
    )


_move = _often(
    (10, _begin),
    (3, _under("renew", lease=_span(200))),
    (1, _under("checkpoint", payload=_blobs)),
    (3, _under("complete", retention=_span(1_500), payload=_blobs)),
    (2, _under("release", mode=st.sampled_from(["forget", "retryable", "unknown"]))),
    (1, _under("abandon")),
    (1, _resolve("forget")),
    (1, _resolve("complete", payload=_blobs)),
    (1, st.fixed_dictionaries({"op": st.just("get"), "key": _keys})),
    (1, st.fixed_dictionaries({"op": st.just("sweep"), "limit": st.integers(0, 3)})),
)
_pause = _often((8, st.integers(1, 20)), (3, st.integers(20, 150)), (1, st.integers(150, 2_000)))

# Moves, each with the milliseconds that pass before it.
histories = st.lists(st.tuples(_pause, _move), min_size=20, max_size=60)


def play(
    history: list[tuple[int, dict[str, Any]]],
    run: int,
    clock: VirtualClock,
) -> Iterator[tuple[dict[str, Any], Callable[[dict[str, Any]], None]]]:
    """The operations of a history, each with what wants to hear its reply.

    Keys begin with ``run``, so that no two histories on one server meet.
    """
    claims: list[dict[str, Any]] = []
    for pause, move in history:
        clock.advance(pause / 1_000)
        op = dict(move)
        if "claim" in op:
            claim = op.pop("claim")
            if not claims:
                continue
            op.update(claims[-min(claim, len(claims))])
        elif "key" in op:
            op["key"] = f"{run:08x}{op['key']:056x}"

        def heard(reply: dict[str, Any], op: dict[str, Any] = op) -> None:
            if reply["reply"] == "acquired":
                claims.append({"key": op["key"], "owner": op["owner"], "epoch": reply["epoch"]})

        yield op, heard
