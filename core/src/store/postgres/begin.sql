-- The rules of core/src/store/step.rs for a claim. Waiting for a lock is bounded below the driver's own limit, so that
-- duplicates of one long transaction do not hold all connections of a pool.
CREATE FUNCTION {begin}(
  given_now int8, wanted bytea, claimant bytea, content text, who bytea, lease int8, retention int8, on_orphan text,
  most_takeovers int8, from_request int8,
  OUT reply text, OUT epoch int8, OUT attempts int8, OUT lease_until int8, OUT created int8, OUT data bytea
) LANGUAGE plpgsql SET lock_timeout TO '1500ms' AS $once_again$
#variable_conflict use_column
DECLARE
  last CONSTANT int8 := 9007199254740991;
  now int8;
  until int8;
  ends int8;
  fresh int8;
  more_takeovers int8;
  r {records}%ROWTYPE;
BEGIN
  {isolation_checked}
  FOR turn IN 1..3 LOOP
    SELECT * INTO r FROM {records} WHERE key = wanted;
    now := {clock}(given_now);
    IF NOT FOUND THEN
      -- Partitions cannot keep a key unique among them: whoever comes second waits here, and looks again.
      PERFORM pg_advisory_xact_lock(hashtextextended(encode(wanted, 'hex'), 0));
      SELECT * INTO r FROM {records} WHERE key = wanted FOR UPDATE;
      now := {clock}(given_now);
    ELSIF now >= r.expires_at OR r.state = 'retryable'
      OR r.state = 'inProgress' AND (now >= r.lease_until OR r.owner = claimant)
    THEN
      -- It may change hands. All other answers need no lock.
      SELECT * INTO r FROM {records} WHERE key = wanted FOR UPDATE;
      CONTINUE WHEN NOT FOUND;
      now := {clock}(given_now);
    END IF;

    -- Lease and retention run from now; a record never expires while it is leased.
    until := CASE WHEN lease IS NOT NULL THEN least(now + lease, last) END;
    ends := greatest(least(now + retention, last), until);

    IF r.key IS NULL OR now >= r.expires_at THEN
      -- Not updated in place: `created` says in which partition a record lies, and whoever waits for a row that moved to
      -- another one would be refused instead of finding it.
      fresh := greatest(least(coalesce(r.epoch, 0) + 1, last), now);
      IF r.key IS NOT NULL THEN
        DELETE FROM {records} WHERE key = wanted;
      END IF;
      INSERT INTO {records} (key, fingerprint, caller, state, owner, epoch, lease_until, attempts, takeovers,
                             created, updated, expires_at, derived)
      VALUES (wanted, content, who, 'inProgress', claimant, fresh, until, 1, 0, now, now, ends, from_request)
      ON CONFLICT DO NOTHING;
      CONTINUE WHEN NOT FOUND;
      SELECT 'acquired', fresh, 1, until INTO reply, epoch, attempts, lease_until;
      RETURN;
    END IF;

    IF who <> r.caller THEN
      reply := 'mismatchCaller';
    ELSIF content <> r.fingerprint THEN
      reply := 'mismatchFingerprint';
    ELSIF r.state = 'completed' THEN
      SELECT 'replay', r.created, coalesce(r.outcome, '') INTO reply, created, data;
    ELSIF r.state = 'unknown' THEN
      reply := 'outcomeUnknown';
    ELSIF r.state = 'inProgress' AND (r.lease_until IS NULL OR now < r.lease_until) THEN
      IF r.owner <> claimant THEN
        SELECT 'busy', r.lease_until INTO reply, lease_until;
        RETURN;
      END IF;
      -- The owner never heard that the claim is its own; its lease counts from this begin.
      until := CASE WHEN r.lease_until IS NOT NULL
        THEN greatest(r.lease_until, least(now + coalesce(lease, 0), last)) END;
      UPDATE {records} SET lease_until = until, expires_at = greatest(r.expires_at, until, now), updated = now
      WHERE key = wanted;
      SELECT 'acquired', r.epoch, r.attempts, until, r.checkpoint INTO reply, epoch, attempts, lease_until, data;
    ELSIF r.state = 'inProgress' AND (on_orphan = 'fail' OR r.takeovers >= most_takeovers) THEN
      UPDATE {records} SET state = 'unknown', lease_until = NULL, updated = now WHERE key = wanted;
      reply := 'outcomeUnknown';
    ELSE
      more_takeovers := CASE WHEN r.state = 'inProgress' THEN 1 ELSE 0 END;
      UPDATE {records} SET
        -- Whoever runs under a record that knew no caller is its caller from now on.
        caller = coalesce(who, r.caller), state = 'inProgress', owner = claimant, epoch = least(r.epoch + 1, last),
        lease_until = until, attempts = least(r.attempts + 1, 4294967295),
        takeovers = least(r.takeovers + more_takeovers, 4294967295), updated = now, expires_at = ends
      WHERE key = wanted;
      SELECT 'acquired', least(r.epoch + 1, last), least(r.attempts + 1, 4294967295), until, r.checkpoint
      INTO reply, epoch, attempts, lease_until, data;
    END IF;
    RETURN;
  END LOOP;
  RAISE EXCEPTION 'the record changed hands three times' USING ERRCODE = 'serialization_failure';
END $once_again$;
