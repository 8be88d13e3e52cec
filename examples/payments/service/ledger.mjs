// The ledger: one row per charge, nothing is ever updated. No unique index on purpose: it must be able to show a double charge.

/** Opens (and on the first run creates) the ledger in this database. */
export function openLedger(db) {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("busy_timeout = 5000");
  db.exec(`
    CREATE TABLE IF NOT EXISTS ledger (
      id INTEGER PRIMARY KEY,
      payment TEXT NOT NULL,
      client TEXT NOT NULL,
      amount INTEGER NOT NULL,
      receipt TEXT NOT NULL
    ) STRICT
  `);
  const insert = db.prepare(
    "INSERT INTO ledger (payment, client, amount, receipt) VALUES (:payment, :client, :amount, :receipt)",
  );
  return { insert: (row) => insert.run(row) };
}

/** The receipts of every payment, read by the audit from the file itself. */
export function readCharges(db) {
  const charges = new Map();
  for (const { payment, receipt } of db.prepare("SELECT payment, receipt FROM ledger ORDER BY id").iterate()) {
    charges.set(payment, [...(charges.get(payment) ?? []), receipt]);
  }
  return charges;
}
