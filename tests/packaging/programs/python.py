import asyncio
import threading
from collections.abc import Callable

threads = threading.active_count()

import once_again  # noqa: E402
from once_again.testing import virtual_clock  # noqa: E402

assert threading.active_count() == threads, "importing the package starts no thread"

calls = 0


@once_again.retry_kernel_task
def flaky() -> str:
    global calls
    calls += 1
    if calls < 3:
        raise ConnectionError("not yet")
    return "done"


@once_again.retry_quick_task(max_attempts=2)
async def quick() -> str:
    return "quick"


with virtual_clock():
    assert flaky() == "done"
assert asyncio.run(quick()) == "quick"

breaker = once_again.CircuitBreaker(failure_threshold=1, recovery_timeout=60.0)


def fail() -> None:
    raise OSError("down")


def raised(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except Exception as error:
        return error
    raise SystemExit("nothing was raised")


assert isinstance(raised(lambda: breaker.call(fail)), OSError)
rejected = raised(lambda: breaker.call(fail))
assert isinstance(rejected, once_again.CircuitOpenError)
assert rejected.retry_after > 0

assert once_again.fingerprint({"b": 1.0, "a": 2}) == once_again.fingerprint(b'{"a": 2, "b": 1}')
refused = raised(lambda: once_again.RetryConfig(initial_delay=-1.0))
assert isinstance(refused, once_again.ConfigError)
assert "initial_delay" in str(refused)
assert "-1" in str(refused)

print("once-again", once_again.core_version())
