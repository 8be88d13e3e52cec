"""One attempt of a client whose answers lead elsewhere."""

from __future__ import annotations

from typing import Any

from once_again import _core


def play(given: Any) -> dict[str, Any]:
    method, url, headers = given["method"], given["url"], given["headers"]
    body = method in ("POST", "PUT", "PATCH")
    requests = 1
    for answer in given["redirects"] * given.get("times", 1):
        status, to = answer["status"], answer["location"]
        led = _core.redirect(status, method, url, to, requests - 1, "Idempotency-Key", headers)
        if led is None:
            return {"requests": requests, "ended": status}
        broken, method, keeps, headers = led
        if broken is not None:
            return {"requests": requests, "ended": "broken"}
        requests += 1
        body, url = body and keeps, to
    return {"requests": requests, "ended": 200, "method": method, "body": body, "headers": headers}
