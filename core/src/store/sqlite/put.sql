INSERT INTO once_again_records
  (key, fingerprint, caller, state, owner, epoch, lease_until, attempts, takeovers, checkpoint, outcome,
   created, updated, expires_at, derived)
VALUES
  (?, ?, ?, ?, ?, CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), ?, ?,
   CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER))
ON CONFLICT (key) DO UPDATE SET
  fingerprint = excluded.fingerprint, caller = excluded.caller, state = excluded.state, owner = excluded.owner,
  epoch = excluded.epoch, lease_until = excluded.lease_until, attempts = excluded.attempts,
  takeovers = excluded.takeovers, checkpoint = excluded.checkpoint, outcome = excluded.outcome,
  created = excluded.created, updated = excluded.updated, expires_at = excluded.expires_at,
  derived = excluded.derived
