// The browser client: `createFetch` with an outbox. A payment is on disk before it is sent, so it survives its tab.

import { createFetch, queuedId } from "once-again-web";
import { payAll, payByHand } from "/shared.mjs";

const send = createFetch({
  policy: { maxAttempts: 20, baseDelay: 100, maxDelay: 2_000, jitter: true, totalTimeout: 60_000 },
  outbox: { baseDelay: 100 },
});
// Opening it loads the decision core, and sends what a closed tab has left.
const outbox = await send.outbox;
outbox.on("sent", async ({ response }) => {
  const { payment, ...answer } = await answerOf(response);
  await window.report({ client: "browser", payment, ok: true, ...answer, outbox: true });
});

async function pay(payment) {
  const response = await send("/payments", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `payment-${payment.payment}` },
    body: JSON.stringify(payment),
  });
  if (queuedId(response)) return undefined; // the outbox tells once it is sent
  const { receipt, replayed } = await answerOf(response);
  return { receipt, replayed };
}

async function answerOf(response) {
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { payment, receipt } = await response.json();
  return { payment, receipt, replayed: response.headers.get("x-idempotency-replay") === "true" };
}

async function emptyOutbox() {
  while ((await outbox.pending()).length > 0) await outbox.flush();
}

/** Pays what is not paid yet, a few in flight at a time; `window.report` and `window.unpaid` are the demo. */
window.payUnpaid = async (inFlight, naive) => {
  const state = document.querySelector("#state");
  await emptyOutbox();
  const payments = await window.unpaid();
  let done = 0;
  await payAll(payments, inFlight, naive ? (payment) => payByHand("/payments", payment) : pay, (result) => {
    done += 1;
    state.value = `${done} of ${payments.length} paid`;
    return window.report(result);
  });
  await emptyOutbox();
};
