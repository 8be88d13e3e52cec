"""`IdempotencyMiddleware` for ASGI. It carries bytes: what is guarded, refused, kept and replayed, core decides."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from urllib.parse import quote

from once_again.http.body import decoded
from once_again.http.claim import RequestIdempotency
from once_again.http.guard import Guard, checked_app, named
from once_again.http.run import AsyncHttpRun

from .capture import Capture, ready
from .receive import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from typing_extensions import Unpack

    from once_again import _core
    from once_again.http._types import AsgiOptions
    from once_again.http.guard import Head
    from once_again.idempotency import IdempotencyStats

    from .capture import Send
    from .receive import Receive

    App = Callable[[Any, Any, Any], Awaitable[Any]]

# What lets a server send bytes that nobody here would see: an application that is not offered it sends them itself.
_PAST_US = ("http.response.pathsend", "http.response.zerocopysend", "http.response.trailers")


class IdempotencyMiddleware:
    """Runs each request at most once per key: the first answer is recorded and replayed to every later request with the
    same key and the same content. For Starlette, FastAPI and any other ASGI 3 application on asyncio.

    Example::

        app = FastAPI()
        app.add_middleware(IdempotencyMiddleware, store=RedisStore(client))

    A handler runs to its end when its client goes away, and its outcome is kept. It finds its claim, a
    `RequestIdempotency`, at ``request.state.once_again`` and ``request.scope["once_again"]``. Lifespan, websockets and
    other methods than POST, PUT and PATCH pass untouched. Mount it inside of what authenticates.

    Args:
        app: The application.
        options: ``store`` (default: a `MemoryStore` of its own), ``ttl``, ``missing_key``, ``conflict``, ``principal``
            (a function of the scope, async or not), ``on_5xx``, ``profile``, ``lease``, ``max_body_bytes``… The rest is
            in ``docs/python-http.md``. Times are seconds. A store that blocks is asked in a thread.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type.
    """

    def __init__(self, app: Any, **options: Unpack[AsgiOptions]) -> None:
        self.app: App = checked_app(app)
        self._guard = Guard(options, _asked_in_loop)
        # The loop itself holds its tasks weakly.
        self._handlers: set[asyncio.Task[Context]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI call."""
        if scope["type"] != "http" or scope["method"].upper() not in self._guard.methods:
            await self.app(scope, receive, send)
            return
        self._guard.refuse_second(scope.get("once_again"))
        request = Request(receive)
        examined = await self._examine(scope, request)
        if request.disconnected:
            return  # before the request was whole: there is nothing to do, and nobody to answer
        if examined.action == "refuse":
            await _answer(send, examined.status, examined.headers, examined.body)
            return
        if (guarded := examined.take()) is None:
            await self.app(scope, request, send)
            return
        core, step = guarded
        if step is None or step.status is None:
            run = AsyncHttpRun(core, self._guard.host)
            step = await (run.begin() if step is None else run.go_on(step))
        else:
            self._guard.host.watch.answered_at_once(step)
        if step.status is not None:
            await _answer(send, step.status, step.headers, step.payload or b"")
            return
        await self._handle(scope, request, send, run, step)

    def stats(self) -> IdempotencyStats:
        """What was done under keys so far. Where a framework makes the middleware, ask the ``counters`` given to it."""
        return self._guard.host.watch.counters.stats()

    async def _examine(self, scope: Any, request: Request) -> _core.Examination:
        guard = self._guard
        examined = guard.examine(await self._head(scope))
        if examined.action == "needBody":
            limit = guard.max_request_bytes
            body = await request.body(limit)
            if not request.disconnected:
                examined = guard.go_on(examined, decoded(body, _header(scope, b"content-encoding"), limit))
        return examined

    async def _head(self, scope: Any) -> Head:
        wanted = self._guard.wanted
        lines = ((name.decode("latin-1").lower(), value) for name, value in scope["headers"])
        headers = [(name, value.decode("latin-1")) for name, value in lines if name in wanted]
        client = scope.get("client")
        return scope["method"], _target(scope), headers, await self._caller(scope), client[0] if client else ""

    async def _caller(self, scope: Any) -> str | None:
        """Who asks: what the option answers, or what a verifying middleware has left."""
        if self._guard.principal is None:
            return _identity(scope.get("user"))
        answer = self._guard.principal(scope)
        if hasattr(answer, "__await__"):
            answer = await answer
        return named(answer)

    async def _handle(self, scope: Any, request: Request, send: Send, run: AsyncHttpRun, step: _core.Step) -> None:
        protected = step.action == "execute"
        capture = request.capture = Capture(send, run, self._guard.max_body_bytes, protected)
        if protected:
            claim = RequestIdempotency(run, step, self._guard.store)
            scope["once_again"] = claim
            scope.setdefault("state", {})["once_again"] = claim
        if extensions := scope.get("extensions"):
            scope["extensions"] = {name: value for name, value in extensions.items() if name not in _PAST_US}
        loop = asyncio.get_running_loop()
        handler, over = loop.create_task(self._run_app(scope, request, capture)), loop.create_future()
        self._handlers.add(handler)

        def ended(handler: asyncio.Task[Context]) -> None:
            self._handlers.discard(handler)
            if not over.done():
                over.set_result(None)

        handler.add_done_callback(ended)
        try:
            # Not the task itself: cancelled with whoever waits for it, the handler would not run to its end.
            await over
        except asyncio.CancelledError:
            capture.leave()
            raise
        _take_over(handler.result())

    async def _run_app(self, scope: Any, request: Receive, capture: Capture) -> Context:
        """Runs the application to its end, in a task of its own: whoever waits for it may go. Answers its context."""
        try:
            await self.app(scope, request, capture.send)
        except Exception:
            await capture.failed()
            raise
        except BaseException:
            capture.cut_off()
            raise
        await capture.failed()
        return copy_context()


class _InThread:
    """A store that blocks, asked in a thread: the loop goes on meanwhile."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def apply(self, op: Mapping[str, Any], /) -> Any:
        reply = await asyncio.to_thread(self._store.apply, op)
        return await reply if hasattr(reply, "__await__") else reply


def _asked_in_loop(store: Any) -> Any:
    from once_again.stores.given import answers_later

    return store if answers_later(store) or not getattr(store, "blocks", True) else _InThread(store)


async def _answer(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    for message in ready(status, headers, body):
        await send(message)


def _target(scope: Any) -> str:
    """Path and query as on the request line."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"], safe="/:@!$&'()*+,;=~-._")
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path


def _header(scope: Any, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted), "")


def _identity(user: Any) -> str | None:
    """Of a user whom an authenticating middleware has let in."""
    if user is None or not getattr(user, "is_authenticated", False):
        return None
    try:
        identity = getattr(user, "identity", None)
    except NotImplementedError:
        return None  # Starlette's own SimpleUser has none
    return str(identity) if isinstance(identity, (str, int)) else None


def _take_over(context: Context) -> None:
    """What the application has set in its context stands here too, as if it had run in this task."""
    for variable, value in context.items():
        if variable.get(context) is not value:
            variable.set(value)
