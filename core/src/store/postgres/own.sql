-- What an owner does under its claim: compare-and-set on owner and epoch. `span` is a lease or a retention, `becomes` a
-- release's mode, `bytes` a checkpoint or an outcome.
CREATE FUNCTION {own}(
  doing text, given_now int8, wanted bytea, claimant bytea, held int8, span int8, becomes text, bytes bytea,
  OUT reply text, OUT epoch int8, OUT attempts int8, OUT lease_until int8, OUT created int8, OUT data bytea
) LANGUAGE plpgsql SET lock_timeout TO '1500ms' AS $once_again$
#variable_conflict use_column
DECLARE
  last CONSTANT int8 := 9007199254740991;
  now int8;
  until int8;
  r {records}%ROWTYPE;
BEGIN
  SELECT * INTO r FROM {records} WHERE key = wanted FOR UPDATE;
  now := {clock}(given_now);
  IF r.key IS NULL OR now >= r.expires_at THEN
    reply := 'lost';
  ELSIF r.owner <> claimant OR r.epoch <> held OR r.state IN ('retryable', 'unknown') THEN
    SELECT 'lost', CASE WHEN r.outcome IS NOT NULL THEN r.created END, r.outcome INTO reply, created, data;
  ELSIF r.state = 'completed' THEN
    reply := 'completed';
  ELSIF doing = 'renew' THEN
    -- Never shorter than it was: replies of renewals may be lost or come late.
    until := greatest(least(now + span, last), coalesce(r.lease_until, now));
    UPDATE {records} SET lease_until = until, expires_at = greatest(r.expires_at, until), updated = now
    WHERE key = wanted;
    SELECT 'renewed', until INTO reply, lease_until;
  ELSIF doing = 'checkpoint' THEN
    UPDATE {records} SET checkpoint = bytes, updated = now WHERE key = wanted;
    reply := 'checkpointed';
  ELSIF doing = 'complete' THEN
    UPDATE {records} SET state = 'completed', lease_until = NULL, checkpoint = NULL, outcome = bytes,
      expires_at = least(now + span, last), updated = now
    WHERE key = wanted;
    reply := 'completed';
  ELSIF doing = 'release' AND becomes = 'forget' THEN
    DELETE FROM {records} WHERE key = wanted;
    reply := 'released';
  ELSIF doing = 'release' THEN
    UPDATE {records} SET state = becomes, lease_until = NULL, updated = now WHERE key = wanted;
    reply := 'released';
  ELSIF doing = 'abandon' THEN
    UPDATE {records} SET lease_until = now, updated = now WHERE key = wanted;
    reply := 'abandoned';
  END IF;
END $once_again$;
