"""A client for ASGI applications that shows what goes over the wire, message by message."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class Answer:
    """What an application has sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def problem(self) -> str:
        problem: str = json.loads(self.body)["type"]
        return problem


def scope_of(method: str = "POST", path: str = "/orders", headers: dict[str, str] | None = None, **more: Any) -> Any:
    lines = {"content-type": "application/json", **(headers or {})}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in lines.items()],
        "client": ("192.0.2.1", 4711),
        **more,
    }


class Connection:
    """One request's connection: delivers the body in parts, then waits for the client to go away."""

    def __init__(self, *parts: bytes) -> None:
        self.answer = Answer()
        self.hung_up = asyncio.Event()
        self.received = 0
        self._parts = list(parts) or [b""]

    async def receive(self) -> dict[str, Any]:
        self.received += 1
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if self.hung_up.is_set():
            raise OSError("the client is gone")
        self.answer.messages.append(message)


async def ask(app: Any, key: str | None = "k", body: bytes = b"{}", **scope: Any) -> Answer:
    """One request, answered whole."""
    headers = scope.pop("headers", {})
    if key is not None:
        headers = {"idempotency-key": key, **headers}
    connection = Connection(body)
    await app(scope_of(headers=headers, **scope), connection.receive, connection.send)
    return connection.answer


async def reply(send: Any, status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
