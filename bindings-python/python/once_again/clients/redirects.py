"""Redirects of requests that are sent in somebody's name: core says where they lead and what goes along.

Each library takes only credentials that it knows away from another origin, and who asks stands in headers that no
library knows.
"""

from __future__ import annotations

from once_again import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SEE_OTHER, _TEMPORARY = 303, 307


def goes_along(
    turned: bool, method: str, at: str, to: str | None, key_header: str, names: Iterable[str]
) -> tuple[str | None, set[str]]:
    """Which headers, in lower case, may go from ``at`` to ``to`` with a redirect that a library follows by itself.

    None do where nobody should follow it; then the first that is answered is why. ``turned``: whether the library makes
    a GET of the request.
    """
    status = _SEE_OTHER if turned else _TEMPORARY
    led = _core.redirect(status, method, at, to, 0, key_header, list(names))
    assert led is not None, "it is the status of a redirect"
    why, _, _, kept = led
    return why, {name.lower() for name in kept}
