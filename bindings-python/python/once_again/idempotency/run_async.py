"""One run of an async function: as `run`, on the event loop.

Operations of a store that answers later are tasks of their own: the machine may move on before they are done, and hears
of late answers too.
"""

from __future__ import annotations

import asyncio

from once_again._limit import start_timer

from .run import ABANDON, CHECKPOINT, DUE, START, Host, Told, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from once_again import _core


class _Said:
    """A step of the machine that one caller waits for, if it has not come yet."""

    __slots__ = ("_step", "_waiting")

    def __init__(self) -> None:
        self._step: _core.Step | None = None
        self._waiting: asyncio.Future[None] | None = None

    def set(self, step: _core.Step) -> None:
        """It has come. Only the first counts."""
        if self._step is None:
            self._step = step
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_result(None)

    async def get(self) -> _core.Step:
        """The step. Whoever is cancelled waiting for it takes nothing from others."""
        while self._step is None:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return self._step


class AsyncRun(Told):
    """`begin`, and when that answered ``execute`` or ``unprotected``, the end of the function."""

    __slots__ = ("_begun", "_call_off", "_over", "_settled", "_under_way")

    def __init__(self, core: _core.ActionRun | _core.HttpRun, host: Host) -> None:
        super().__init__(core, host)
        self._begun = _Said()
        self._settled = _Said()
        self._call_off: Callable[[], object] | None = None
        self._over = False
        # The loop itself holds its tasks weakly.
        self._under_way: set[asyncio.Future[Any]] = set()

    async def begin(self) -> _core.Step:
        """Claims the key, waits for another owner where that is configured, and answers what to do."""
        return await self.go_on(self.tell(START))

    async def go_on(self, first: _core.Step) -> _core.Step:
        """As `begin`, from the first step of a machine that has begun."""
        self.count_in()
        self._do(first)
        try:
            step = await self._begun.get()
        except asyncio.CancelledError:
            self.abandon()
            raise
        self.started = self.host.clock.now()
        return step

    async def end(self, text: str | None, threw: bool) -> _core.Step:
        """Records the end of the function; answers how the record was left, or, when the store takes too long, that it
        is still being tried."""
        return await self.finish(self.ended(text, threw))

    async def finish(self, ended: _core.Step) -> _core.Step:
        """Goes on from what the machine said to the end of the work, until the record is settled."""
        self._do(ended)
        return await self._settled.get()

    def abandon(self) -> None:
        """The caller was cancelled: the claim is given up as soon as the store has been told."""
        self.count_out()
        self._do(self.tell(ABANDON))

    def checkpoint(self, data: bytes) -> None:
        """Leaves ``data`` for whoever runs next, should this run not end."""
        self._do(self.tell(CHECKPOINT, data))

    def _do(self, step: _core.Step | None) -> None:
        while step is not None:
            self._wake_at(step)
            if step.action == "apply":
                step = self._apply(step)
                continue
            if step.action in ("execute", "unprotected", "replay", "refuse"):
                self.count(step)
                self._begun.set(step)
            elif step.action in ("settled", "answer"):
                self.count(step)
                self._settled.set(step)
            elif step.action == "abortHandler":
                self.stop()
            return

    def _apply(self, step: _core.Step) -> _core.Step | None:
        """Sends one operation. A store in this process answers at once, and then nothing is awaited."""
        try:
            reply = self._sent(step)
        except Exception:
            return self.failed(step.ticket)
        if not hasattr(reply, "__await__"):
            return self._heard(step, reply)
        task = asyncio.ensure_future(_awaited(reply))
        self._under_way.add(task)
        task.add_done_callback(lambda task: self._answered(step, task))
        return None

    def _answered(self, step: _core.Step, task: asyncio.Future[Any]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            return  # the loop is being closed
        self._do(self.failed(step.ticket) if task.exception() is not None else self._heard(step, task.result()))

    def _sent(self, step: _core.Step) -> Any:
        if step.sent is not None:
            return self.host.carrier.carry(*step.sent)
        return self.host.store.apply(operation(step))

    def _heard(self, step: _core.Step, reply: Any) -> _core.Step:
        if step.sent is not None:
            return self.answered_by(self.host.carrier, step.ticket, reply)
        return self.replied(step.ticket, reply)

    def _wake_at(self, step: _core.Step) -> None:
        if self._call_off is not None:
            self._call_off()
            self._call_off = None
        self._over = self._over or step.action in ("replay", "refuse", "settled")
        if step.deadline is None or self._over:
            return
        clock = self.host.clock
        self._call_off = start_timer(max(0.0, step.deadline - clock.now()), clock, self._due)

    def _due(self) -> None:
        self._call_off = None
        self._do(self.tell(DUE))


async def _awaited(reply: Awaitable[Any]) -> Any:
    return await reply
