import assert from "node:assert/strict";
import test from "node:test";
import { api } from "./package.mjs";

const { ErrorCodes, OnceAgainError } = api;

/** Statuses and retryable, as the Q ecosystem fixes the first nine. */
const FIXED = {
  QLOCK_AUTH_FAIL: [401, false],
  QONSENT_DENIED: [403, false],
  SQUID_IDENTITY_INVALID: [401, false],
  SERVICE_UNAVAILABLE: [503, true],
  RATE_LIMIT_EXCEEDED: [429, true],
  TIMEOUT_ERROR: [504, true],
  CIRCUIT_BREAKER_OPEN: [503, false],
  INSUFFICIENT_FUNDS: [402, false],
  DEPENDENCY_MISSING: [424, false],
};

test("every code has a meaning in core", () => {
  for (const code of Object.keys(ErrorCodes)) {
    const error = new OnceAgainError(code, "message");
    assert.equal(ErrorCodes[code], code);
    assert.ok(error.statusCode >= 400, code);
    assert.ok(Array.isArray(error.suggestedActions), code);
    // Only core's own table knows that a missing module is the one error without it.
    if (code !== "NOT_READY") assert.notDeepEqual(error.suggestedActions, notReady.suggestedActions, code);
  }
});

const notReady = new OnceAgainError("NOT_READY", "message");

test("the nine codes of the Q ecosystem stand for its statuses", () => {
  for (const [code, [statusCode, retryable]] of Object.entries(FIXED)) {
    const error = new OnceAgainError(code, "message");
    assert.deepEqual([error.statusCode, error.retryable], [statusCode, retryable], code);
  }
});

test("an error is an error, and plain data for a log", () => {
  const cause = new Error("below");
  const error = new OnceAgainError("SERVICE_UNAVAILABLE", "no luck", {
    cause,
    details: { region: "eu" },
    requestId: "r-1",
    at: Date.UTC(2030, 0, 1),
  });
  assert.ok(error instanceof Error);
  assert.equal(String(error), "OnceAgainError: no luck");
  assert.equal(error.cause, cause);
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: "OnceAgainError",
    code: "SERVICE_UNAVAILABLE",
    message: "no luck",
    statusCode: 503,
    retryable: true,
    suggestedActions: ["Retry after the time in Retry-After, or after a backoff."],
    timestamp: "2030-01-01T00:00:00.000Z",
    requestId: "r-1",
    details: { region: "eu" },
  });
  assert.equal("cause" in new OnceAgainError("CANCELLED", "x"), false);
});
