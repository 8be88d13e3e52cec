"""The events of the retry policy standards."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys

import pytest

from once_again import CircuitBreaker, MaxRetriesExceeded, retry_kernel_task
from once_again.testing import virtual_clock


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    assert {record.name for record in caplog.records} == {"once_again"}
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_every_event_is_one_json_line(caplog: pytest.LogCaptureFixture) -> None:
    @retry_kernel_task(max_attempts=2, operation_name="fetch", service_name="lake")
    def task() -> None:
        raise ConnectionError("secret host")

    with virtual_clock(wall_now=1_700_000_000.0), pytest.raises(MaxRetriesExceeded):
        task()
    retry, give_up = lines(caplog)
    trace_id = str(retry.pop("trace_id"))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", trace_id)
    assert retry == {
        "timestamp": "2023-11-14T22:13:20.000Z",
        "level": "WARNING",
        "event": "retry",
        "service": "lake",
        "operation": "fetch",
        "attempt": 1,
        "delay": 1.0,
        "error": "Network: ConnectionError",
    }
    assert give_up == {
        **retry,
        "timestamp": "2023-11-14T22:13:21.000Z",
        "level": "ERROR",
        "event": "give_up",
        "attempt": 2,
        "delay": None,
        "trace_id": trace_id,
    }
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR]


def test_a_success_after_retries_is_information(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with virtual_clock():
        retry_kernel_task(fail_once)([ConnectionError()])
    assert [(line["event"], line["level"], line["attempt"], line["delay"]) for line in lines(caplog)] == [
        ("retry", "WARNING", 1, 1.0),
        ("success_after_retry", "INFO", 2, None),
    ]


def fail_once(left: list[ConnectionError]) -> None:
    if left:
        raise left.pop()


def test_messages_are_logged_only_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with virtual_clock():
        retry_kernel_task(log_messages=True)(fail_once)([ConnectionError("host")])
    assert lines(caplog)[0]["error"] == "Network: ConnectionError: host"


@pytest.mark.parametrize(
    ("options", "events"),
    [({"enable_logging": False}, []), ({"log_level": "error"}, []), ({"log_level": "warning"}, ["retry"])],
    ids=["off", "errors only", "warnings"],
)
def test_what_is_logged_can_be_chosen(
    options: dict[str, object], events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with virtual_clock():
        retry_kernel_task(**options)(fail_once)([ConnectionError()])  # type: ignore[call-overload]
    assert [json.loads(record.getMessage())["event"] for record in caplog.records] == events


def test_events_go_to_the_given_logger(caplog: pytest.LogCaptureFixture) -> None:
    mine = logging.getLogger("mine")
    with virtual_clock():
        retry_kernel_task(logger=mine)(fail_once)([ConnectionError()])
    assert [record.name for record in caplog.records] == ["mine"]


def test_a_breaker_tells_its_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    breaker = CircuitBreaker(failure_threshold=1, name="lake")
    with pytest.raises(ConnectionError):
        breaker.call(fail_once, [ConnectionError()])
    [line] = lines(caplog)
    assert [line[key] for key in ("event", "breaker", "from", "to", "level")] == [
        "breaker_state_change",
        "lake",
        "CLOSED",
        "OPEN",
        "INFO",
    ]


def test_a_program_that_set_up_no_logging_sees_nothing() -> None:
    program = """
import logging
from once_again import retry_kernel_task
from once_again.testing import no_sleep
left = [ConnectionError()]
@retry_kernel_task
def task():
    if left: raise left.pop()
with no_sleep():
    task()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
