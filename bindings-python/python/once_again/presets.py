"""The configurations of the advanced retry: its defaults, and those of four types of operations."""

from __future__ import annotations

from .config import RetryConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._types import RetryFields


def default_retry_config(**fields: Unpack[RetryFields]) -> RetryConfig:
    """3 attempts, 0.1 s to 30 s, doubling, full jitter, 5 minutes in all, with these fields changed.

    What is retried is the table of error types.
    """
    return _changed("default.config", fields)


def database_retry_config(**fields: Unpack[RetryFields]) -> RetryConfig:
    """`default_retry_config`, but only Transient, Timeout and Network are retried."""
    return _changed("database", fields)


def http_retry_config(**fields: Unpack[RetryFields]) -> RetryConfig:
    """5 attempts from 0.2 s; Server and RateLimit are retried too."""
    return _changed("http", fields)


def s3_retry_config(**fields: Unpack[RetryFields]) -> RetryConfig:
    """4 attempts from 0.5 s, with time for large files: 2 minutes each, 15 in all."""
    return _changed("s3", fields)


def cache_retry_config(**fields: Unpack[RetryFields]) -> RetryConfig:
    """2 attempts, 0.05 s apart, without jitter or breaker: a cache may fail."""
    return _changed("cache", fields)


def _changed(preset: str, fields: RetryFields) -> RetryConfig:
    return RetryConfig(**fields).over(RetryConfig.preset(preset))


# The names they have in every other language.
DefaultRetryConfig = default_retry_config
DatabaseRetryConfig = database_retry_config
HTTPRetryConfig = http_retry_config
S3RetryConfig = s3_retry_config
CacheRetryConfig = cache_retry_config
