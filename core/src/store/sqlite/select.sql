SELECT fingerprint, caller, state, owner, epoch, lease_until, attempts, takeovers, checkpoint, outcome,
       created, updated, expires_at, derived
FROM once_again_records
WHERE key = ?
