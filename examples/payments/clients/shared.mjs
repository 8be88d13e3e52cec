// What the clients share: the list of payments, a few in flight at a time, and the retries that most code bases have.

/** The payments a client asks for; the audit expects exactly these. */
export const paymentsOf = (client, count) =>
  Array.from({ length: count }, (_, i) => ({
    payment: `${client}-${i + 1}`,
    client,
    amount: 100 + i,
    currency: "EUR",
  }));

/** Pays everything, `inFlight` at a time, and reports each payment as it ends; `pay` may leave that to somebody else. */
export async function payAll(payments, inFlight, pay, report) {
  const queue = [...payments];
  const lane = async () => {
    for (let payment = queue.shift(); payment; payment = queue.shift()) {
      const about = { client: payment.client, payment: payment.payment };
      try {
        const answer = await pay(payment);
        if (answer !== undefined) await report({ ...about, ok: true, ...answer });
      } catch (error) {
        await report({ ...about, ok: false, error: String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** What most code bases have: try again until it works. */
export async function payByHand(url, payment) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(payment),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { receipt } = await response.json();
      return { receipt, replayed: false };
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** attempt, 2_000)));
    }
  }
}
