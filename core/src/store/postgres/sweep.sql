-- Takes away at most `most` expired records, and leaves those alone that somebody is at.
CREATE FUNCTION {sweep}(given_now int8, most int8, OUT reply text, OUT count int8)
LANGUAGE plpgsql SET lock_timeout TO '1500ms' AS $once_again$
BEGIN
  DELETE FROM {records} WHERE (key, created) IN (
    SELECT r.key, r.created FROM {records} AS r WHERE r.expires_at <= {clock}(given_now)
    ORDER BY r.expires_at LIMIT most FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS count = ROW_COUNT;
  reply := 'swept';
  {partitions_too}
END $once_again$;
