"""What a program that uses structlog, prometheus_client or OpenTelemetry hears, without asking for it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from flaky import failing

from once_again import MaxRetriesExceeded, SuccessEvent, retry_kernel_task, trace_id
from once_again.testing import virtual_clock

TRACE = "0af7651916cd43dd8448eb211c80319c"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_the_success_hook_hears_of_first_attempts_and_later_ones() -> None:
    heard: list[SuccessEvent] = []
    task = failing(1)
    with virtual_clock():
        decorated = retry_kernel_task(on_success=heard.append, operation_name="fetch", service_name="lake")(task)
        assert (decorated(), decorated()) == ("done", "done")
    assert heard == [SuccessEvent("fetch", "lake", 2, 1.0), SuccessEvent("fetch", "lake", 1, 0.0)]


def test_at_level_debug_every_step_of_every_call_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with virtual_clock():
        decorated = retry_kernel_task(log_level="debug", operation_name="o")(failing(1))
        decorated()
        decorated()
    said = [(line["event"], line["attempt"], line.get("kind"), line["delay"]) for line in lines(caplog)]
    assert said == [
        ("attempt", 1, None, None),
        ("classified", 1, "Network", None),
        ("backoff", 1, None, 1.0),
        ("retry", 1, None, 1.0),
        ("attempt", 2, None, None),
        ("success_after_retry", 2, None, None),
        ("attempt", 1, None, None),
    ]
    assert len({line["trace_id"] for line in lines(caplog)}) == 2


def test_an_unknown_error_is_warned_of_once_per_operation(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Exception):
        pass

    with virtual_clock():
        decorate = retry_kernel_task(max_attempts=2)
        for _ in range(2):
            decorate(failing(1, Odd()))()
    assert [line["event"] for line in lines(caplog)] == ["unknown_error", "retry", "retry"]
    assert lines(caplog)[0]["error"] == "Unknown: Odd"


def test_a_trace_of_the_programs_own_is_shown_in_every_line(caplog: pytest.LogCaptureFixture) -> None:
    token = trace_id.set("request 7")
    try:
        with virtual_clock():
            retry_kernel_task(failing(2))()
    finally:
        trace_id.reset(token)
    assert [line["trace_id"] for line in lines(caplog)] == ["request 7"] * 2


def test_structlog_gets_events_once_it_is_configured(caplog: pytest.LogCaptureFixture) -> None:
    structlog = pytest.importorskip("structlog", reason="structlog is not installed")
    with virtual_clock(wall_now=1_700_000_000.0), structlog.testing.capture_logs() as entries:
        retry_kernel_task(operation_name="fetch", service_name="lake")(failing(1))()
    trace = entries[0].pop("trace_id")
    assert entries[0] == {
        "event": "retry",
        "log_level": "warning",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "level": "WARNING",
        "service": "lake",
        "operation": "fetch",
        "attempt": 1,
        "delay": 1.0,
        "error": "Network: ConnectionError",
    }
    assert [(entry["event"], entry["log_level"], entry.get("trace_id", trace)) for entry in entries[1:]] == [
        ("success_after_retry", "info", trace)
    ]
    assert caplog.records == []
    structlog.reset_defaults()
    with virtual_clock():
        retry_kernel_task(failing(1))()
    assert [line["event"] for line in lines(caplog)] == ["retry"]


def test_a_logger_of_structlogs_may_be_given(caplog: pytest.LogCaptureFixture) -> None:
    structlog = pytest.importorskip("structlog", reason="structlog is not installed")
    capture = structlog.testing.LogCapture()
    logger = structlog.wrap_logger(None, processors=[capture])
    with virtual_clock(), pytest.raises(MaxRetriesExceeded):
        retry_kernel_task(logger=logger, log_level="error", max_attempts=2)(failing(9))()
    assert [(entry["event"], entry["log_level"]) for entry in capture.entries] == [("give_up", "error")]
    assert caplog.records == []


def test_opentelemetrys_trace_is_the_trace_and_its_span_hears_of_each_attempt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trace: Any = pytest.importorskip("opentelemetry.trace", reason="opentelemetry-api is not installed")
    heard: list[tuple[str, dict[str, Any]]] = []

    class Recorded(trace.NonRecordingSpan):  # type: ignore[misc]
        def is_recording(self) -> bool:
            return True

        def add_event(self, name: str, attributes: dict[str, Any]) -> None:
            heard.append((name, attributes))

    context = trace.SpanContext(int(TRACE, 16), 1, is_remote=False)
    with virtual_clock(), trace.use_span(Recorded(context)):
        retry_kernel_task(max_attempts=3)(failing(2))()
    assert {line["trace_id"] for line in lines(caplog)} == {TRACE}
    assert heard == [
        ("retry.attempt", {"attempt": 1, "delay": 1.0, "kind": "Network"}),
        ("retry.attempt", {"attempt": 2, "delay": 2.0, "kind": "Network"}),
        ("retry.attempt", {"attempt": 3}),
    ]


def samples(program: str) -> dict[str, float]:
    """The samples that a program of its own leaves in prometheus_client's registry."""
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    shown = """
from prometheus_client import REGISTRY
import json
found = {}
for metric in REGISTRY.collect():
    for sample in metric.samples:
        if sample.name.startswith(("retry_", "dead_")) and not sample.name.endswith("_created"):
            labels = ",".join(sample.labels[name] for name in sorted(sample.labels, key="service operation".find))
            found[f"{sample.name} {labels}"] = sample.value
print(json.dumps(found))
"""
    whole = textwrap.dedent(program) + shown
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found: dict[str, float] = json.loads(done.stdout)
    return found


PROGRAM = """
import asyncio
from once_again import MaxRetriesExceeded, retry_kernel_task, retrying
from once_again.testing import virtual_clock
left = []
def fail():
    if left:
        raise left.pop()
options = dict(service_name="lake", operation_name="fetch")
task = retry_kernel_task(**options)(fail)
@retry_kernel_task(**options, total_timeout=60.0)
async def later():
    fail()
@retry_kernel_task(**options, enable_metrics=False)
def unmetered():
    fail()
"""


def test_prometheus_counts_every_call_once_it_is_imported() -> None:
    found = samples(
        PROGRAM
        + """
import prometheus_client
with virtual_clock():
    task()
    left.extend([ConnectionError()] * 2)
    task()
    left.append(TimeoutError())
    asyncio.run(later())
    for attempt in retrying(**options):
        with attempt:
            fail()
    left.extend([ConnectionError()] * 3)
    try:
        task()
    except MaxRetriesExceeded:
        pass
    left.append(TypeError())
    try:
        task()
    except TypeError:
        pass
    unmetered()
"""
    )
    by_name = {name.removeprefix("retry_"): value for name, value in found.items() if "_bucket" not in name}
    assert by_name == {
        "attempts_total 1,lake,fetch": 6.0,
        "attempts_total 2,lake,fetch": 3.0,
        "attempts_total 3,lake,fetch": 2.0,
        "success_total 1,lake,fetch": 2.0,
        "success_total 2,lake,fetch": 1.0,
        "success_total 3,lake,fetch": 1.0,
        "failure_total Network,lake,fetch": 1.0,
        "failure_total Permanent,lake,fetch": 1.0,
        "dead_letters_total fetch": 2.0,
        "duration_seconds_count lake,fetch": 6.0,
        "duration_seconds_sum lake,fetch": 3.0 + 1.0 + 3.0,
    }


def test_durations_fall_into_the_buckets_of_the_standards() -> None:
    found = samples(PROGRAM + "import prometheus_client\ntask()\n")
    buckets = [name.split(" ")[1].split(",")[0] for name in found if "_bucket" in name]
    assert sorted(buckets, key=float) == ["0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf"]


def test_a_program_without_prometheus_has_no_metrics() -> None:
    assert samples(PROGRAM + "task()\nimport sys\nassert 'prometheus_client' not in sys.modules\n") == {}


def test_more_operations_than_a_thousand_are_counted_as_other() -> None:
    found = samples(
        """
        import asyncio, prometheus_client
        from once_again import RetryPolicy
        async def call(): ...
        async def main():
            for number in range(1_002):
                await RetryPolicy().execute_with_retry(call, operation_name=f"o{number}")
        asyncio.run(main())
        """
    )
    assert found["retry_success_total 1,other,other"] == 2.0
    assert len([name for name in found if name.startswith("retry_success_total")]) == 1_001


def test_names_that_somebody_else_took_cost_the_metrics_only() -> None:
    program = """
        import logging, prometheus_client, sys
        prometheus_client.Counter("retry_attempts", "theirs")
        logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
        from once_again import retry_kernel_task
        task = retry_kernel_task(lambda: "done")
        assert (task(), task()) == ("done", "done")
        """
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout.count("ERROR a function given to once_again failed") == 1


def test_a_checkpoint_that_was_not_saved_is_counted() -> None:
    found = samples(
        """
        import prometheus_client
        from once_again import retry_with_checkpoint
        def save(result):
            raise OSError
        @retry_with_checkpoint(checkpoint_saver=save, operation_name="run")
        def task(checkpoint_state=None): ...
        task()
        """
    )
    assert found["retry_checkpoint_failures_total ,run"] == 1.0
