"""Middleware for ASGI applications: Starlette, FastAPI, or any other, on asyncio."""

from once_again.http.claim import RequestIdempotency

from .middleware import IdempotencyMiddleware

__all__ = ["IdempotencyMiddleware", "RequestIdempotency"]
