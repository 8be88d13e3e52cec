-- An operator's word on a record whose outcome is unknown.
CREATE FUNCTION {resolve}(
  given_now int8, wanted bytea, how text, retention int8, bytes bytea,
  OUT reply text, OUT epoch int8, OUT attempts int8, OUT lease_until int8, OUT created int8, OUT data bytea
) LANGUAGE plpgsql SET lock_timeout TO '1500ms' AS $once_again$
#variable_conflict use_column
DECLARE
  last CONSTANT int8 := 9007199254740991;
  now int8;
  r {records}%ROWTYPE;
BEGIN
  SELECT * INTO r FROM {records} WHERE key = wanted FOR UPDATE;
  now := {clock}(given_now);
  IF r.key IS NULL OR now >= r.expires_at THEN
    reply := 'notFound';
  ELSIF r.state <> 'unknown' THEN
    SELECT 'lost', CASE WHEN r.outcome IS NOT NULL THEN r.created END, r.outcome INTO reply, created, data;
  ELSIF how = 'forget' THEN
    DELETE FROM {records} WHERE key = wanted;
    reply := 'resolved';
  ELSE
    -- The claim ends here: its late owner must hear that its own outcome was not kept.
    UPDATE {records} SET state = 'completed', epoch = least(r.epoch + 1, last), lease_until = NULL, checkpoint = NULL,
      outcome = bytes, expires_at = least(now + retention, last), updated = now
    WHERE key = wanted;
    reply := 'resolved';
  END IF;
END $once_again$;
