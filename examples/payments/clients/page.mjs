// The browser client: `createFetch` gives a fetch that makes one key per payment and retries with it.

import { createFetch, init } from "once-again-web";

const policy = {
  maxAttempts: 20,
  baseDelay: 100,
  maxDelay: 2_000,
  backoffMultiplier: 2,
  jitter: true,
  totalTimeout: 60_000,
};

// createFetch would load the decision core by itself; here the page is to be whole before anything is killed.
await init();

async function send(fetch, payment) {
  const response = await fetch("/payments", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payment),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { receipt } = await response.json();
  return { receipt, replayed: response.headers.get("x-idempotency-replay") === "true" };
}

async function protectedPay(payment) {
  let attempts = 1;
  // One for the whole page would do; one per payment counts that payment's attempts.
  const fetch = createFetch({ policy, onRetry: () => (attempts += 1) });
  return { ...(await send(fetch, payment)), attempts };
}

async function naivePay(payment) {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return { ...(await send(window.fetch.bind(window), payment)), attempts };
    } catch (error) {
      if (attempts === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** attempts, 2_000)));
    }
  }
}

/** Pays everything, a few in flight at a time; `window.report` is the demo listening. */
window.payAll = async (count, inFlight, naive) => {
  const state = document.querySelector("#state");
  const queue = Array.from({ length: count }, (_, i) => ({
    payment: `browser-${i + 1}`,
    client: "browser",
    amount: 100 + i,
    currency: "EUR",
  }));
  const lane = async () => {
    for (let payment = queue.shift(); payment; payment = queue.shift()) {
      try {
        const answer = await (naive ? naivePay : protectedPay)(payment);
        await window.report({ client: "browser", payment: payment.payment, ok: true, ...answer });
      } catch (error) {
        await window.report({
          client: "browser",
          payment: payment.payment,
          ok: false,
          attempts: 20,
          error: String(error),
        });
      }
      state.value = `${count - queue.length} of ${count} paid`;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
};
