// The ledger: one row per charge. Nothing stops it from showing a double charge, which is what it is there for.

import { PostgresLedger } from "./postgres.mjs";
import { SqliteLedger } from "./sqlite.mjs";

/**
 * The ledger at `place`, a file or a `postgres://…`. `charge(payment, service, key)` answers the receipt; with a key, which few
 * banks do without, the second charge under it is the first one. `jointly(payment, service, record)` commits the charge
 * and what `record(db, receipt)` writes together.
 */
export const openLedger = (place) => (isPostgres(place) ? new PostgresLedger(place) : new SqliteLedger(place));

export const isPostgres = (place) => place.startsWith("postgres:");
