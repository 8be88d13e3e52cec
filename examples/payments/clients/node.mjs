// The Node client: an HTTP client that sends a payment under one key until it is answered for good.
//
//   node node.mjs <base url> <payments> <in flight> [--naive]

import { ClientFactory } from "once-again";
import { payAll, payByHand, paymentsOf } from "./shared.mjs";

const [base, count, inFlight, mode] = process.argv.slice(2);

const client = ClientFactory.createHttpClient({
  baseUrl: base,
  retryPolicy: { maxAttempts: 20, baseDelay: 100, maxDelay: 2_000, jitter: true, totalTimeout: 60_000 },
});

async function pay(payment) {
  const key = `payment-${payment.payment}`;
  const { data, replayed } = await client.post("/payments", payment, { "Idempotency-Key": key });
  return { receipt: data.receipt, replayed };
}

/** One JSON line per payment, for the demo that started this process. */
const report = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);

const byHand = (payment) => payByHand(`${base}/payments`, payment);
await payAll(paymentsOf("node", Number(count)), Number(inFlight), mode === "--naive" ? byHand : pay, report);
