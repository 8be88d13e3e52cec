"""One process of many: calls its dependency all the time through a breaker that it shares, and tells what it hears.

python worker.py NAME blocking|asyncio REDIS_PORT DEPENDENCY_URL
"""

import asyncio
import json
import os
import sys
import threading
import time
from urllib.request import Request, urlopen

import redis
import redis.asyncio

from once_again import CircuitBreaker

name, client, port, url = sys.argv[1:]


def tell(event: str) -> None:
    # One write: the lines of two threads do not mix.
    os.write(1, (json.dumps({"name": name, "event": event}) + "\n").encode())


def send(state: str) -> None:
    with urlopen(Request(url, headers={"x-name": name, "x-state": state}), timeout=5) as response:
        response.read()


def call() -> None:
    send(breaker.state)


async def call_async() -> None:
    await asyncio.to_thread(send, breaker.state)


def caller() -> None:
    while True:
        try:
            breaker.call(call)
        except Exception:
            pass
        time.sleep(0.02)


async def caller_async() -> None:
    while True:
        try:
            await breaker.call(call_async)
        except Exception:
            pass
        await asyncio.sleep(0.02)


async def callers() -> None:
    await asyncio.gather(caller_async(), caller_async())


Client = {"blocking": redis.Redis, "asyncio": redis.asyncio.Redis}[client]
breaker = CircuitBreaker(
    name="dependency",
    window="none",
    failure_rate=False,
    consecutive_failures=2,
    open_wait={"base": 1.5, "jitter": 0},
    half_open={"calls": 3, "max_concurrent": 2, "min_successes": 3},
    shared=Client(host="127.0.0.1", port=int(port), retry=None),
)
breaker.on("state_change", lambda change: tell(change.to_state))
breaker.on("attached", lambda _: tell("attached"))
breaker.on("detached", lambda _: tell("detached"))


# Two callers at once, so that a process alone could already make too many probes.
def work() -> None:
    if client == "asyncio":
        asyncio.run(callers())
    else:
        for _ in range(2):
            threading.Thread(target=caller, daemon=True).start()


threading.Thread(target=work, daemon=True).start()
# Ends with the test, however that ends.
sys.stdin.read()
os._exit(0)
