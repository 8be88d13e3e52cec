"""Retries, circuit breakers and idempotency from one decision core: the same answer in every language."""

from once_again._core import core_version

__all__ = ["core_version"]
