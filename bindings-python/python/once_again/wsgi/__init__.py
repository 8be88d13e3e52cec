"""Middleware for WSGI applications: Flask, Django, or any other."""

from once_again.http.claim import RequestIdempotency

from .middleware import IdempotencyMiddleware

__all__ = ["IdempotencyMiddleware", "RequestIdempotency"]
