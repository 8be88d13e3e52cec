"""The ledger for FastAPI: the table that ``ledger/`` describes for Express, in a SQLite file or in PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
from typing_extensions import Self, TypedDict


class Payment(TypedDict):
    payment: str
    client: str
    amount: int
    currency: str


class Receipt(TypedDict):
    payment: str
    receipt: str
    service: str


INSERT = """
    INSERT INTO ledger (payment, client, amount, receipt, service, key) VALUES ({}, {}, {}, {}, {}, {})
    ON CONFLICT (key) DO UPDATE SET asked = ledger.asked + 1
    RETURNING payment, receipt, service
"""


def _row(payment: Payment, key: str | None) -> tuple[Any, ...]:
    return payment["payment"], payment["client"], payment["amount"], str(uuid4()), "fastapi", key


class SqliteLedger:
    """A file that Express has open too."""

    def __init__(self, file: str) -> None:
        self._db = sqlite3.connect(file, timeout=5, isolation_level=None)

    @classmethod
    async def open(cls, file: str) -> Self:
        return cls(file)

    async def charge(self, payment: Payment, key: str | None = None) -> Receipt:
        """With a key, the second charge under it is the first one."""
        # A short write: the loop may wait for it.
        [found] = self._db.execute(INSERT.format(*"??????"), _row(payment, key)).fetchall()
        return Receipt(payment=found[0], receipt=found[1], service=found[2])


class PostgresLedger:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def open(cls, url: str) -> Self:
        return cls(await asyncpg.create_pool(url, min_size=1))

    async def charge(self, payment: Payment, key: str | None = None, db: Any = None) -> Receipt:
        """With a key, the second charge under it is the first one."""
        found = await (db or self.pool).fetchrow(INSERT.format(*(f"${n}" for n in range(1, 7))), *_row(payment, key))
        return Receipt(payment=found["payment"], receipt=found["receipt"], service=found["service"])

    async def jointly(self, payment: Payment, record: Callable[[Any, Receipt], Awaitable[Any]]) -> Receipt:
        """The charge, and what ``record`` writes: both, or neither."""
        async with self.pool.acquire() as db, db.transaction():
            receipt = await self.charge(payment, db=db)
            await record(db, receipt)  # raises when another owner has taken over
            return receipt
