"""Plain stores, as people have them: what they hold went through JSON."""

from __future__ import annotations

import json
from typing import Any


class Plain:
    """A ``get``, ``set``, ``delete`` over a dictionary of JSON texts, as a store elsewhere would be."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.ttls: list[int] = []

    def get(self, key: str) -> Any:
        return json.loads(self.texts[key]) if key in self.texts else None

    def set(self, key: str, value: Any, ttl: int) -> None:
        self.texts[key] = json.dumps(value)
        self.ttls.append(ttl)

    def delete(self, key: str) -> None:
        self.texts.pop(key, None)


class PlainIfAbsent(Plain):
    """One that says who came first."""

    def set_if_absent(self, key: str, value: Any, ttl: int) -> bool:
        if key in self.texts:
            return False
        self.set(key, value, ttl)
        return True


class PlainAsync:
    """One that is awaited."""

    def __init__(self) -> None:
        self.plain = Plain()

    async def get(self, key: str) -> Any:
        from asyncio import sleep

        await sleep(0)  # where another task could come in between
        return self.plain.get(key)

    async def set(self, key: str, value: Any, ttl: int) -> None:
        self.plain.set(key, value, ttl)

    async def delete(self, key: str) -> None:
        self.plain.delete(key)
