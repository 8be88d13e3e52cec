import assert from "node:assert/strict";
import test from "node:test";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { RetryHandler } from "once-again";
import { noSleep } from "once-again/testing";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

/** A span that is recorded by nobody but this test. */
function spanOf(traceId) {
  const events = [];
  const span = trace.wrapSpanContext({ traceId, spanId: "b7ad6b7169203331", traceFlags: 1 });
  span.addEvent = (...event) => events.push(event);
  return { span, events };
}

function logged() {
  const lines = [];
  const logger = (line) => lines.push(line);
  return { lines, handler: new RetryHandler({ jitter: false, baseDelay: 100, clock: noSleep(), logger }) };
}

const flaky = (failures) => {
  return async ({ attempt }) => {
    await null;
    if (attempt <= failures) throw Object.assign(new Error("busy"), { status: 503 });
    return attempt;
  };
};

test("without a registered OpenTelemetry a call's trace id is its request's", async () => {
  const { handler, lines } = logged();
  await trace
    .getTracer("none")
    .startActiveSpan("unregistered", () => handler.execute(flaky(1), { requestId: "req-1" }));
  assert.equal(lines[0].trace_id, "req-1");
});

test("the active span gives the trace id, and gets an event for every failed attempt", async (t) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  t.after(() => context.disable());
  const { handler, lines } = logged();
  const { span, events } = spanOf(TRACE);

  await context.with(trace.setSpan(context.active(), span), () =>
    handler.execute(flaky(2), { traceparent: `00-${"a".repeat(32)}-b7ad6b7169203331-01` }),
  );

  assert.deepEqual(new Set(lines.map((line) => line.trace_id)), new Set([TRACE]));
  assert.deepEqual(events, [
    ["retry.attempt", { attempt: 1, kind: "Server", delay: 0.1 }],
    ["retry.attempt", { attempt: 2, kind: "Server", delay: 0.2 }],
  ]);
});

test("calls in two traces at once keep their own", async (t) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  t.after(() => context.disable());
  const { handler, lines } = logged();
  const ids = ["a".repeat(32), "b".repeat(32)];
  await Promise.all(
    ids.map((id) =>
      context.with(trace.setSpan(context.active(), spanOf(id).span), () => handler.execute(flaky(1), { name: id })),
    ),
  );
  for (const { operation, trace_id } of lines) assert.equal(trace_id, operation);
  assert.equal(lines.length, 4);
});

test("a span without a valid context, or one that fails, is no trace and no trouble", async (t) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  t.after(() => context.disable());
  const { handler, lines } = logged();
  const broken = {
    spanContext() {
      throw new Error("broken span");
    },
    addEvent() {
      throw new Error("broken span");
    },
  };
  for (const span of [spanOf("0".repeat(32)).span, broken]) {
    const call = () => handler.execute(flaky(1), { requestId: "req-2" });
    assert.equal(await context.with(trace.setSpan(context.active(), span), call), 2);
    assert.equal(lines.pop().trace_id, "req-2");
  }
});
