"""A store on a server, but for the connection: core turns an operation into a command, and an answer into a reply.

`Carrier` carries them over a client that blocks, `AsyncCarrier` over one that is awaited.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from once_again import _core
from once_again._clock import clock_of
from once_again.errors import StoreUnavailableError

from .store import op_text, reply_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from once_again._types import Clock

    # SQL or a script and its arguments in; a script's list, a query's only row, or none out.
    Send = Callable[[str, list[Any]], Any]
    AsyncSend = Callable[[str, list[Any]], Awaitable[Any]]


class Dialect:
    """What is said to one kind of server, and what its answers mean."""

    def __init__(self, name: str, fields: Mapping[str, Any], clock: Clock | None) -> None:
        self.core = _core.Dialect(name, fields)
        self._clock = None if clock is None else clock_of(clock)
        self._checked = False
        self.closed = False

    def open(self) -> None:
        """Makes sure that the store has not been closed.

        Raises:
            StoreUnavailableError: it has.
        """
        if self.closed:
            raise StoreUnavailableError("the store was closed")

    def wall_now(self) -> float | None:
        """What takes the place of the server's clock, if anything does."""
        return None if self._clock is None else self._clock.wall_now()

    def request(self, op: Mapping[str, Any]) -> tuple[tuple[str, list[Any]] | None, str | None]:
        """What to send; or, where the server need not be asked, the reply."""
        return self.core.request(*op_text(op), self.wall_now())

    def reply(self, answer: Any) -> dict[str, Any]:
        """The reply in a server's answer."""
        return reply_of(*self.core.reply(answer))

    def is_first(self) -> bool:
        """Whether nobody has looked after the server's settings yet: an operator learns of a dangerous one unasked."""
        first, self._checked = not self._checked, True
        return first


class Carrier:
    """Carries operations over a client that blocks."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self.dialect = dialect
        self._send = send

    def apply(self, op: Mapping[str, Any], send: Send | None = None) -> dict[str, Any]:
        """Does one operation; over ``send`` where the store's own connection will not do."""
        sent, reply = self.dialect.request(op)
        if sent is None:
            return reply_of(reply or "", None)
        return self.dialect.reply(self.carry(*sent, send))

    def carry(self, text: str, args: list[Any], send: Send | None = None) -> Any:
        """What the server answers to a command of core's."""
        answer = self._reach(text, args, send or self._send)
        if self.dialect.is_first():
            try:
                _warn(self.check())
            except StoreUnavailableError:
                pass  # a server that does not let itself be asked is no reason to warn
        return answer

    def check(self) -> list[str]:
        return self.dialect.core.diagnose(self._reach(*self.dialect.core.health(), self._send))

    def install(self) -> None:
        """Makes what the server must have, or brings it up to date."""
        if (command := self.dialect.core.install()) is not None:
            self._reach(*command, self._send)

    def _reach(self, text: str, args: list[Any], send: Send) -> Any:
        self.dialect.open()
        try:
            return send(text, args)
        except StoreUnavailableError:
            raise
        except Exception as error:
            raise _unreached(error) from error


class AsyncCarrier:
    """Carries operations over a client that is awaited."""

    def __init__(self, dialect: Dialect, send: AsyncSend) -> None:
        self.dialect = dialect
        self._send = send

    async def apply(self, op: Mapping[str, Any], send: AsyncSend | None = None) -> dict[str, Any]:
        """Does one operation; over ``send`` where the store's own connection will not do."""
        sent, reply = self.dialect.request(op)
        if sent is None:
            return reply_of(reply or "", None)
        return self.dialect.reply(await self.carry(*sent, send))

    async def carry(self, text: str, args: list[Any], send: AsyncSend | None = None) -> Any:
        """What the server answers to a command of core's."""
        answer = await self._reach(text, args, send or self._send)
        if self.dialect.is_first():
            try:
                _warn(await self.check())
            except StoreUnavailableError:
                pass  # a server that does not let itself be asked is no reason to warn
        return answer

    async def check(self) -> list[str]:
        return self.dialect.core.diagnose(await self._reach(*self.dialect.core.health(), self._send))

    async def install(self) -> None:
        """Makes what the server must have, or brings it up to date."""
        if (command := self.dialect.core.install()) is not None:
            await self._reach(*command, self._send)

    async def _reach(self, text: str, args: list[Any], send: AsyncSend) -> Any:
        self.dialect.open()
        try:
            return await send(text, args)
        except StoreUnavailableError:
            raise
        except Exception as error:
            raise _unreached(error) from error


def _unreached(error: Exception) -> StoreUnavailableError:
    return StoreUnavailableError(f"the store's server did not do what it was asked: {error}")


def _warn(dangers: Iterable[str]) -> None:
    for danger in dangers:
        try:
            warnings.warn(f"once_again: {danger}", RuntimeWarning, stacklevel=4)
        except RuntimeWarning:
            pass  # warnings are errors here; the operation was done, and its reply must not be lost to one
