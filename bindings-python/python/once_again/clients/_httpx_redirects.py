"""Redirects of httpx: of its clients, which follow them by themselves, and of ours."""

from __future__ import annotations

from weakref import ref

import httpx

from once_again import _core

from .redirects import goes_along

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LED = "once_again.led"


class RedirectError(httpx.RequestError):
    """A redirect that cannot be followed: the same request would come to the same end."""

    kind = "Permanent"


class _Led:
    """What a request was that a redirect answered, for the one that httpx makes of it."""

    __slots__ = ("_first", "_method", "_request")

    def __init__(self, request: httpx.Request, first: str) -> None:
        self._first = first
        self._method = request.method
        self._request = ref(request)

    def is_of(self, request: httpx.Request) -> bool:
        """Whether it is the same request, sent once more."""
        return self._request() is request

    def strip(self, request: httpx.Request, key_header: str) -> str:
        """Takes away what must not come along; answers where it all began.

        Measured from there, for httpx adds the cookies of its client at each step.

        Raises:
            RedirectError: nobody should go there.
        """
        turned = request.method != self._method
        why, kept = goes_along(turned, self._method, self._first, str(request.url), key_header, request.headers)
        if why is not None:
            raise RedirectError(why, request=request)
        for name in set(request.headers) - kept - {"host"}:
            del request.headers[name]
        return self._first


def arrives(request: httpx.Request, key_header: str) -> str:
    """A request has come to a transport; answers the URL where its redirects began.

    Raises:
        RedirectError: a redirect has led it where nobody should go.
    """
    led = request.extensions.pop(_LED, None)
    if led is None or led.is_of(request):
        return str(request.url)
    first: str = led.strip(request, key_header)
    return first


def leaves(request: httpx.Request, response: httpx.Response, first: str) -> None:
    """It was answered; if by a redirect, the next request is known by its extensions, which httpx hands on."""
    if response.has_redirect_location:
        request.extensions[_LED] = _Led(request, first)


def redirected(
    request: httpx.Request, response: httpx.Response, followed: int, key_header: str
) -> httpx.Request | None:
    """The request that follows an answer; none where that is the caller's.

    Raises:
        RedirectError: it cannot be followed.
    """
    location = response.headers.get("Location")
    if location is None:
        return None
    try:
        to = request.url.join(location)
    except httpx.InvalidURL:
        to = None
    led = _core.redirect(
        response.status_code,
        request.method,
        str(request.url),
        None if to is None else str(to),
        followed,
        key_header,
        list(request.headers),
    )
    if led is None:
        return None
    why, method, has_body, names = led
    if why is not None or to is None:
        raise RedirectError(why or "", request=request)
    kept = frozenset(names)
    headers = httpx.Headers([line for line in request.headers.multi_items() if line[0] in kept])
    headers.setdefault("Host", to.netloc.decode("ascii"))
    body: dict[str, Any] = {"stream": request.stream} if has_body else {}
    return httpx.Request(method, to, headers=headers, extensions=request.extensions, **body)
