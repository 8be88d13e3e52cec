// What the Node client and the page share: the list of payments, and a few in flight at a time.

/** The payments a client asks for; the audit expects exactly these. */
export const paymentsOf = (client, count) =>
  Array.from({ length: count }, (_, i) => ({
    payment: `${client}-${i + 1}`,
    client,
    amount: 100 + i,
    currency: "EUR",
  }));

/** Pays everything, `inFlight` at a time, and reports each payment as it ends. */
export async function runAll(client, count, inFlight, pay, report) {
  const queue = paymentsOf(client, count);
  const lane = async () => {
    for (let payment = queue.shift(); payment; payment = queue.shift()) {
      try {
        report({ client, payment: payment.payment, ok: true, ...(await pay(payment)) });
      } catch (error) {
        report({ client, payment: payment.payment, ok: false, attempts: error.attempts ?? 20, error: String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** One JSON line per payment, for the demo that started this process. */
export const report = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
