SELECT 'found', fingerprint, caller, state, owner, epoch, lease_until, attempts, takeovers, checkpoint, outcome,
       created, updated, expires_at, derived
FROM {records}
WHERE key = $2::bytea AND expires_at > {clock}($1::int8)
