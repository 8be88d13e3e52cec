"""`IdempotencyMiddleware` for WSGI. It carries bytes: what is guarded, refused, kept and replayed, core decides."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from once_again._callables import hook_of
from once_again.errors import ConfigError
from once_again.http.body import decoded
from once_again.http.claim import RequestIdempotency
from once_again.http.guard import Guard, checked_app, named
from once_again.http.run import HttpRun

from .capture import Capture, answer
from .receive import read_and_put_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from typing_extensions import Unpack

    from once_again import _core
    from once_again.http._types import WsgiOptions
    from once_again.http.guard import Head
    from once_again.idempotency import IdempotencyStats

    from .capture import StartResponse


class IdempotencyMiddleware:
    """Runs each request at most once per key: the first answer is recorded and replayed to every later request with the
    same key and the same content. For Flask, Django and any other WSGI application.

    Example::

        app = Flask(__name__)
        app.wsgi_app = IdempotencyMiddleware(app.wsgi_app, store=SqliteStore("records.db"))

    The handler finds its claim, a `RequestIdempotency`, at ``environ["once_again"]``; in Flask that is
    ``request.environ["once_again"]``, in Django ``request.META["once_again"]``. Other methods than POST, PUT and PATCH
    pass untouched.

    Args:
        app: The application.
        options: ``store`` (default: a `MemoryStore` of its own), ``ttl``, ``missing_key``, ``conflict``, ``principal``
            (a function of the environ; default ``REMOTE_USER``), ``on_5xx``, ``profile``, ``lease``,
            ``max_body_bytes``… The rest is in ``docs/python-http.md``. Times are seconds.

    Raises:
        ConfigError: an option is unknown, out of range or of the wrong type; or the store's answers are to be awaited.
    """

    def __init__(self, app: Any, **options: Unpack[WsgiOptions]) -> None:
        self.app = checked_app(app)
        self._guard = Guard(options, _asked_in_thread)
        hook_of("principal", self._guard.principal)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """A WSGI call."""
        passed: Iterable[bytes]
        if environ["REQUEST_METHOD"].upper() not in self._guard.methods:
            passed = self.app(environ, start_response)
            return passed
        self._guard.refuse_second(environ.get("once_again"))
        examined = self._examine(environ)
        if examined.action == "refuse":
            return answer(start_response, examined.status, examined.headers, examined.body)[1]
        if (guarded := examined.take()) is None:
            passed = self.app(environ, start_response)
            return passed
        core, first = guarded
        run = HttpRun(core, self._guard.host)
        step = run.begin() if first is None else run.go_on(first)
        if step.status is not None:
            return answer(start_response, step.status, step.headers, step.payload or b"")[1]
        protected = step.action == "execute"
        if protected:
            environ["once_again"] = RequestIdempotency(run, step, self._guard.store)
        return Capture(start_response, run, self._guard.max_body_bytes, protected).run(self.app, environ)

    def stats(self) -> IdempotencyStats:
        """What was done under keys so far. Where a framework makes the middleware, ask the ``counters`` given to it."""
        return self._guard.host.watch.counters.stats()

    def _examine(self, environ: dict[str, Any]) -> _core.Examination:
        guard = self._guard
        examined = guard.examine(self._head(environ))
        if examined.action == "needBody":
            limit = guard.max_request_bytes
            body = read_and_put_back(environ, limit)
            examined = guard.go_on(examined, decoded(body, environ.get("HTTP_CONTENT_ENCODING", ""), limit))
        return examined

    def _head(self, environ: dict[str, Any]) -> Head:
        # Servers leave the two that are no HTTP_ empty where the request has none.
        headers = [
            (name, environ[place])
            for name, place in map(_placed, self._guard.wanted)
            if place in environ and (environ[place] or place.startswith("HTTP_"))
        ]
        return (
            environ["REQUEST_METHOD"],
            _target(environ),
            headers,
            self._caller(environ),
            environ.get("REMOTE_ADDR") or "",
        )

    def _caller(self, environ: dict[str, Any]) -> str | None:
        """Who asks: what the option answers, or whom the server has let in."""
        principal = self._guard.principal
        return named(environ.get("REMOTE_USER") if principal is None else principal(environ))


def _asked_in_thread(store: Any) -> Any:
    from once_again.stores.given import answers_later

    if answers_later(store):
        expected = "a store that answers at once: nobody awaits under WSGI"
        raise ConfigError("store", f"{type(store).__name__}, whose answers are to be awaited", expected)
    return store


def _placed(name: str) -> tuple[str, str]:
    """A header, and where its value stands. A key sent twice arrives there joined by a comma, and so as no key."""
    place = name.upper().replace("-", "_")
    return name, place if place in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{place}"


def _target(environ: dict[str, Any]) -> str:
    """Path and query as on the request line, where the server tells."""
    for name in ("REQUEST_URI", "RAW_URI"):
        if raw := environ.get(name):
            if raw.startswith("/"):
                return str(raw)
            url = urlsplit(raw)
            return f"{url.path}?{url.query}" if url.query else url.path
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path = quote(path.encode("latin-1"), safe="/:@!$&'()*+,;=~-._")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path
