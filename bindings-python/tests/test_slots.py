"""Slots: when a retry starts of a policy that spreads retries over them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from once_again import ConfigError, MaxRetriesExceeded, retry_kernel_task, with_retry
from once_again.testing import no_sleep

SLOTTED: dict[str, Any] = {
    "max_attempts": 2,
    "initial_delay": 0,
    "jitter": False,
    "coordination_enabled": True,
    "slot_count": 10_000,
    "slot_width": 0.001,
}


def wait(**options: Any) -> float:
    """How long one call waits before its retry."""

    @retry_kernel_task(**{**SLOTTED, **options})
    def down() -> None:
        raise ConnectionError

    with no_sleep() as sleeps, pytest.raises(MaxRetriesExceeded):
        down()
    return sum(sleeps)


def test_a_process_keeps_its_slot_from_call_to_call() -> None:
    assert wait() == wait()


def test_instances_services_and_operations_have_slots_of_their_own() -> None:
    waits = {
        wait(instance="i-1"),
        wait(instance="i-2"),
        wait(instance="i-1", service_name="lake"),
        wait(instance="i-1", operation_name="fetch"),
    }
    assert len(waits) == 4


def test_the_service_presets_use_slots_and_one_line_says_whose(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "once_again")

    @with_retry(service_name="lake", operation_name="fetch", instance="i-1", jitter=False)
    def down() -> None:
        raise ConnectionError

    with no_sleep() as sleeps:
        for _ in range(2):
            with pytest.raises(MaxRetriesExceeded):
                down()
    # Slot 9 of 10, 0.1 s wide, behind 0.1 s and 0.2 s.
    assert sleeps == pytest.approx([1.0, 1.1, 1.0, 1.1])
    events = [json.loads(record.message) for record in caplog.records]
    told = [event for event in events if event["event"] == "slots_without_coordinator"]
    assert [(event["level"], event["service"], event["operation"]) for event in told] == [("INFO", "lake", "fetch")]


def test_coordination_that_is_required_is_refused_as_long_as_there_is_no_coordinator() -> None:
    with pytest.raises(ConfigError) as raised:
        with_retry(require_coordination=True)
    assert raised.value.field == "require_coordination"


def test_an_instance_is_a_string() -> None:
    with pytest.raises(ConfigError, match="instance"):
        retry_kernel_task(instance=7)  # type: ignore[call-overload]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_the_processes_of_a_forking_server_have_names_of_their_own() -> None:
    program = """
import os
from once_again._instance import instance_name
parent = instance_name()
assert parent == instance_name()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, instance_name().encode())
    os._exit(0)
os.wait()
child = os.read(read, 100).decode()
assert len(child) == len(parent) == 36 and child != parent, (parent, child)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
