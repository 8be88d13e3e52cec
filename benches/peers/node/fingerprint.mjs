// Fingerprint rows: a key-order-stable digest of a JSON text of 1, 10 and 100 KB, from the bytes a server receives.

import { createHash } from "node:crypto";
import { fingerprint } from "once-again";
import stringify from "safe-stable-stringify";

/** An order with as many lines as it takes: nested objects, unsorted keys, numbers, escapes, text beyond ASCII. */
function order(bytes) {
  const value = { order: "A-1", customer: { name: 'Zoë "Z" Ångström', id: 7, email: "z@example.com" }, lines: [] };
  for (let i = 0; JSON.stringify(value).length < bytes; i += 1) {
    value.lines.push({
      sku: `SKU-${i}`,
      quantity: i % 7,
      price: i * 1.25,
      note: "line\nbreak",
      tags: ["new", "sale"],
      active: true,
      discount: null,
    });
  }
  return value;
}

export async function rows() {
  return [1, 10, 100].map((kilobytes) => {
    const body = Buffer.from(JSON.stringify(order(kilobytes * 1_000)));
    return {
      id: `node-fingerprint-${kilobytes}k`,
      work: `fingerprint of ${kilobytes} KB of JSON`,
      goal: 0.3,
      ours: () => fingerprint(body),
      peers: {
        "safe-stable-stringify + sha256": () =>
          createHash("sha256")
            .update(stringify(JSON.parse(body.toString())))
            .digest("hex"),
      },
    };
  });
}
