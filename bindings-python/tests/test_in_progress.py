"""A 409 that says the first request is still running is waited for, without using up an attempt."""

from __future__ import annotations

import pytest

from once_again import retry_kernel_task
from once_again.testing import virtual_clock


class HTTPStatusError(Exception):
    """What httpx and requests raise: an error that carries its response."""

    def __init__(self, content_type: str, body: object) -> None:
        self.response = Response(content_type, body)


class Response:
    status_code = 409

    def __init__(self, content_type: str, body: object) -> None:
        self.headers = {"Content-Type": content_type, "Retry-After": "1"}
        self._body = body

    def json(self) -> object:
        if isinstance(self._body, Exception):
            raise self._body
        return self._body


PROBLEM = "application/problem+json"
IN_PROGRESS = {"type": "in-progress", "code": "IDEMPOTENCY_IN_PROGRESS"}


def test_an_answer_in_progress_is_waited_for_longer_than_the_attempts_last() -> None:
    left = 4

    @retry_kernel_task(max_attempts=2)
    def pay() -> str:
        nonlocal left
        if left:
            left -= 1
            raise HTTPStatusError(PROBLEM, IN_PROGRESS)
        return "paid"

    with virtual_clock():
        assert pay() == "paid"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (PROBLEM, {"type": "other", "code": "SOMETHING_ELSE"}),
        (PROBLEM, {"type": "other"}),
        (PROBLEM, ["not an object"]),
        (PROBLEM, ValueError("not JSON")),
        ("application/json", IN_PROGRESS),
    ],
)
def test_any_other_409_is_final(content_type: str, body: object) -> None:
    calls = 0

    @retry_kernel_task
    def pay() -> None:
        nonlocal calls
        calls += 1
        raise HTTPStatusError(content_type, body)

    with virtual_clock(), pytest.raises(HTTPStatusError):
        pay()
    assert calls == 1
