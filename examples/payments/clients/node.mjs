// The Node client: Node's own fetch inside a RetryHandler. One key per payment, the same in every attempt.
//
//   node node.mjs <base url> <payments> <in flight> [--naive]

import { setTimeout as sleep } from "node:timers/promises";
import { RetryHandler } from "once-again";
import { report, runAll } from "./shared.mjs";

const [base, count, inFlight, mode] = process.argv.slice(2);

const handler = new RetryHandler({
  maxAttempts: 20,
  baseDelay: 100,
  maxDelay: 2_000,
  backoffMultiplier: 2,
  jitter: true,
  totalTimeout: 60_000,
});

async function send(payment, headers, signal) {
  const response = await fetch(`${base}/payments`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(payment),
    signal,
  });
  const body = response.headers.get("content-type")?.includes("json") ? await response.json() : await response.text();
  if (!response.ok)
    throw Object.assign(new Error(`HTTP ${response.status}`), { response, status: response.status, code: body.code });
  return { receipt: body.receipt, replayed: response.headers.get("x-idempotency-replay") === "true" };
}

async function protectedPay(payment) {
  let attempts = 0;
  const key = `payment-${payment.payment}`;
  const answer = await handler.execute(
    ({ attempt, signal }) => {
      attempts = attempt;
      return send(payment, { "idempotency-key": key }, signal);
    },
    { name: "pay" },
  );
  return { attempts, ...answer };
}

/** What most code bases have: try again until it works. */
async function naivePay(payment) {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return { attempts, ...(await send(payment, {}, AbortSignal.timeout(10_000))) };
    } catch (error) {
      if (attempts === 20) throw error;
      await sleep(Math.min(100 * 2 ** attempts, 2_000));
    }
  }
}

await runAll("node", Number(count), Number(inFlight), mode === "--naive" ? naivePay : protectedPay, report);
