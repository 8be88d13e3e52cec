"""One guarded request: a run that is told how its handler has answered."""

from __future__ import annotations

from once_again._clock import call_in_thread
from once_again._limit import start_timer
from once_again.idempotency.run import Run
from once_again.idempotency.run_async import AsyncRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Event as AsyncioEvent
    from collections.abc import Callable
    from threading import Event as ThreadEvent

    from once_again import _core
    from once_again.idempotency.run import Host, Told

    Headers = list[tuple[str, str]]


class Answered:
    """How a handler has answered; without a status it raised an error before it did."""

    __slots__ = ("body", "headers", "seen", "status")

    def __init__(self, status: int | None = None, headers: Headers = [], seen: str = "kept", body: bytes = b"") -> None:  # noqa: B006 (never written to)
        self.status = status
        self.headers = headers
        self.seen = seen
        """What was seen of the body: all of it (``kept``), more than is kept (``tooLarge``), or a ``stream``."""
        self.body = body

    def tell(self, run: Told) -> _core.Step:
        """Tells the run's machine."""
        host = run.host
        now, draw, memory, carrier = host.clock.now(), host.random.getrandbits(32), host.memory, host.carrier
        core: _core.HttpRun = run.core
        if carrier is not None:
            dialect = carrier.dialect
            own, seen = dialect.wall_now(), self.seen
            return core.ended_over(dialect.core, self.status, self.headers, seen, self.body, now, own, draw)
        if memory is None:
            return core.ended(self.status, self.headers, self.seen, self.body, now, draw)
        wall = memory._swept()
        return core.ended_in(memory._core, self.status, self.headers, self.seen, self.body, now, wall, draw)


class HttpRun(Run):
    """The run of a request in a thread of its server."""

    __slots__ = ("_call_off_limit", "signal")

    def __init__(self, core: _core.HttpRun, host: Host) -> None:
        from threading import Event

        super().__init__(core, host)
        self.signal: ThreadEvent = Event()
        self._call_off_limit: Callable[[], object] | None = None

    @property
    def shown_key(self) -> str:
        key: str = self.core.shown_key
        return key

    def go_on(self, first: _core.Step) -> _core.Step:
        step = super().go_on(first)
        if step.action == "execute" and self.host.limit is not None:
            self._call_off_limit = call_in_thread(self.host.clock, self.host.limit, self.signal.set)
        return step

    def answered(self, answered: Answered) -> _core.Step:
        """Records how the handler has answered; says what leaves."""
        self._over_with_limit()
        return self.finish(lambda: answered.tell(self))

    def abandon(self) -> None:
        self._over_with_limit()
        super().abandon()

    def stop(self) -> None:
        super().stop()
        self.signal.set()

    def _over_with_limit(self) -> None:
        if self._call_off_limit is not None:
            self._call_off_limit()


class AsyncHttpRun(AsyncRun):
    """The run of a request on an event loop."""

    __slots__ = ("_call_off_limit", "signal")

    def __init__(self, core: _core.HttpRun, host: Host) -> None:
        from asyncio import Event

        super().__init__(core, host)
        self.signal: AsyncioEvent = Event()
        self._call_off_limit: Callable[[], object] | None = None

    @property
    def shown_key(self) -> str:
        key: str = self.core.shown_key
        return key

    async def go_on(self, first: _core.Step) -> _core.Step:
        step = await super().go_on(first)
        if step.action == "execute" and self.host.limit is not None:
            self._call_off_limit = start_timer(self.host.limit, self.host.clock, self.signal.set)
        return step

    async def answered(self, answered: Answered) -> _core.Step:
        """Records how the handler has answered; says what leaves."""
        self._over_with_limit()
        return await self.finish(answered.tell(self))

    def answered_unheard(self, answered: Answered) -> None:
        """The same where nobody can wait for it any more."""
        self._over_with_limit()
        self._do(answered.tell(self))

    def abandon(self) -> None:
        self._over_with_limit()
        super().abandon()

    def stop(self) -> None:
        super().stop()
        self.signal.set()

    def _over_with_limit(self) -> None:
        if self._call_off_limit is not None:
            self._call_off_limit()


def marked(headers: Headers, marks: Headers) -> Headers:
    """The header lines with those of ``marks``, which replace others of their name."""
    names = {name.lower() for name, _ in marks}
    return [line for line in headers if line[0].lower() not in names] + marks


def with_length(headers: Headers, body: bytes) -> Headers:
    """The header lines of an answer of ours with the length of its body, which a refusal has not got yet."""
    if not body or any(name.lower() == "content-length" for name, _ in headers):
        return headers
    return [*headers, ("Content-Length", str(len(body)))]
