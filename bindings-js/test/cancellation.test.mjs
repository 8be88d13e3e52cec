import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, RetryHandler, TimeoutError, wrap } = api;
const { virtualClock } = testing;

/** Resolves when everything that can run without time has run. */
const settled = (clock) => clock.advance(0);

test("a signal that has fired lets no attempt be made", async () => {
  const handler = new RetryHandler();
  const operation = failing();
  const reason = new Error("too late");
  assert.equal(await rejection(handler.execute(operation, { signal: AbortSignal.abort(reason) })), reason);
  assert.equal(operation.calls, 0);
});

test("a signal ends a sleep at once, and no attempt follows", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ baseDelay: 5_000, jitter: false, clock });
  const controller = new AbortController();
  const operation = failing();
  const call = rejection(handler.execute(operation, { signal: controller.signal }));
  await clock.advance(1_000);
  assert.equal(clock.sleeping, 1);

  const reason = new Error("changed my mind");
  controller.abort(reason);

  assert.equal(await call, reason);
  assert.equal(clock.now(), 1_000);
  assert.equal(clock.sleeping, 0, "nothing is left behind");
  await clock.advance(60_000);
  assert.equal(operation.calls, 1);
});

test("a signal ends a running attempt, whether it listens or not", async () => {
  for (const listens of [true, false]) {
    const clock = virtualClock();
    const handler = new RetryHandler({ clock });
    const controller = new AbortController();
    let heard;
    const call = rejection(
      handler.execute(
        ({ signal }) =>
          new Promise((_, reject) => {
            if (!listens) return;
            signal.addEventListener("abort", () => {
              heard = signal.reason;
              reject(signal.reason);
            });
          }),
        { signal: controller.signal },
      ),
    );
    await settled(clock);
    controller.abort("stop");
    assert.equal(await call, "stop");
    assert.equal(heard, listens ? "stop" : undefined);
  }
});

test("a failure after the signal fired is not retried, and the reason comes out", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ clock });
  const controller = new AbortController();
  let calls = 0;
  const error = await rejection(
    handler.execute(
      () => {
        calls++;
        controller.abort("enough");
        throw new Error("down");
      },
      { signal: controller.signal },
    ),
  );
  assert.equal(error, "enough");
  assert.equal(calls, 1);
});

test("an observer may cancel the call it watches", async () => {
  const controller = new AbortController();
  const clock = virtualClock();
  const handler = new RetryHandler({ clock, onRetry: () => controller.abort("no more") });
  assert.equal(await rejection(handler.execute(failing(), { signal: controller.signal })), "no more");
  assert.equal(clock.sleeping, 0);
});

test("an attempt that takes too long is aborted, fails with a TimeoutError and is retried", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ attemptTimeout: 100, baseDelay: 10, jitter: false, maxAttempts: 2, clock });
  const reasons = [];
  const call = rejection(
    handler.execute(({ signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return new Promise(() => {});
    }),
  );
  await clock.advance(210);
  const error = await call;
  assert.equal(error.reason, "EXHAUSTED");
  assert.equal(error.elapsed, 210);
  assert.deepEqual(reasons, error.errors);
  assert.ok(error.cause instanceof TimeoutError);
  assert.equal(error.cause.code, "TIMEOUT_ERROR");
  assert.equal(error.cause.message, "attempt 2 took longer than 100 ms");
});

test("an attempt that ends in time leaves no timer behind", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ attemptTimeout: 100, totalTimeout: 1_000, clock });
  assert.equal(await handler.execute(() => "quick"), "quick");
  await settled(clock);
  assert.equal(clock.sleeping, 0);
});

test("the total time-out aborts a running attempt", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ totalTimeout: 250, baseDelay: 100, jitter: false, maxAttempts: 9, clock });
  let calls = 0;
  const call = rejection(
    handler.execute(() => {
      calls++;
      if (calls === 1) throw new Error("down");
      return new Promise(() => {});
    }),
  );
  await clock.advance(250);
  const error = await call;
  assert.equal(error.reason, "DEADLINE");
  assert.equal(error.elapsed, 250);
  assert.equal(error.cause.message, "the call took longer than 250 ms");
  assert.equal(calls, 2);
});

test("an abandoned attempt that fails later disturbs nobody", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ attemptTimeout: 10, maxAttempts: 1, clock });
  const call = rejection(handler.execute(() => clock.sleep(50).then(failing())));
  await clock.advance(100);
  assert.ok((await call) instanceof TimeoutError);
});

test("an AbortError of the operation's own is a time-out, and retried", async () => {
  const clock = testing.noSleep();
  const handler = new RetryHandler({ maxAttempts: 2, clock });
  const operation = failing(new DOMException("aborted", "AbortError"));
  const error = await rejection(handler.execute(operation, { signal: new AbortController().signal }));
  assert.equal(error.reason, "EXHAUSTED");
  assert.equal(operation.calls, 2);
});

test("a cancelled call takes its breaker's permit back without a verdict", async () => {
  const clock = virtualClock();
  const breaker = new CircuitBreaker({ failureThreshold: 1, clock });
  const controller = new AbortController();
  const call = rejection(breaker.execute(() => new Promise(() => {}), { signal: controller.signal }));
  await settled(clock);
  controller.abort("bye");
  assert.equal(await call, "bye");
  assert.equal(breaker.state, "CLOSED");
  assert.equal(await rejection(breaker.execute(failing(), { signal: AbortSignal.abort("before") })), "before");

  const wrapped = wrap(new RetryHandler({ clock }), breaker);
  const second = new AbortController();
  const both = rejection(wrapped.execute(() => new Promise(() => {}), { signal: second.signal }));
  await settled(clock);
  second.abort("bye again");
  assert.equal(await both, "bye again");
  assert.equal(breaker.state, "CLOSED");
});

test("one signal serves any number of calls, in sleep and in attempts", async () => {
  const warnings = [];
  const warned = (warning) => warnings.push(warning.name);
  globalThis.process?.on("warning", warned);
  const clock = virtualClock();
  const handler = new RetryHandler({ clock, baseDelay: 1_000, jitter: false });
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: 100 }, (_, i) => {
    const operation = i % 2 === 0 ? failing() : () => new Promise(() => {});
    return rejection(handler.execute(operation, { signal }));
  });
  const real = Array.from({ length: 20 }, () =>
    rejection(new RetryHandler({ baseDelay: 60_000, maxDelay: 60_000, jitter: false }).execute(failing(), { signal })),
  );
  await settled(clock);
  controller.abort("all of you");
  assert.deepEqual(new Set(await Promise.all([...calls, ...real])), new Set(["all of you"]));
  assert.equal(clock.sleeping, 0);
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.process?.off("warning", warned);
  assert.deepEqual(warnings, []);
});

test("a call that is over no longer listens to its signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args) => {
    listeners++;
    return addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args) => {
    listeners--;
    return removeEventListener.apply(signal, args);
  };
  const handler = new RetryHandler({ clock: testing.noSleep(), maxAttempts: 2 });
  await handler.execute(() => 1, { signal });
  await rejection(handler.execute(failing(), { signal }));
  assert.equal(listeners, 0);
});
