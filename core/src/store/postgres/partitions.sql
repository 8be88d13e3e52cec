-- One partition a month, by the time of the first claim: makes those of this month and the next two, and drops the ones in
-- which nothing lives, but never this month's and the last one's. What belongs to none lies in the default partition.
CREATE TABLE {default_partition} PARTITION OF {records} DEFAULT;
CREATE FUNCTION {partitions}(given_now int8) RETURNS void LANGUAGE plpgsql SET lock_timeout TO '1500ms' AS $once_again$
DECLARE
  this_month timestamp := date_trunc('month', to_timestamp({clock}(given_now) / 1000000.0) AT TIME ZONE 'UTC');
  from_month timestamp;
  part record;
  lives boolean;
BEGIN
  -- Whoever comes while another is at it has nothing to do.
  IF NOT pg_try_advisory_xact_lock(hashtextextended({records_text}, 1)) THEN RETURN; END IF;
  FOR ahead IN 0..2 LOOP
    from_month := this_month + make_interval(months => ahead);
    BEGIN
      EXECUTE format(
        'CREATE TABLE IF NOT EXISTS {schema}%I PARTITION OF {records} FOR VALUES FROM (%s) TO (%s)',
        {partition_prefix} || to_char(from_month, 'YYYYMM'),
        (extract(epoch FROM from_month) * 1000000)::int8,
        (extract(epoch FROM from_month + interval '1 month') * 1000000)::int8
      );
    EXCEPTION WHEN check_violation THEN
      NULL; -- The default partition has records of this month, which then stay there.
    END;
  END LOOP;
  FOR part IN
    SELECT inhrelid::regclass AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = {records_text}::regclass AND relname ~ ('^' || {partition_prefix} || '[0-9]{6}$')
      AND relname < {partition_prefix} || to_char(this_month - interval '1 month', 'YYYYMM')
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE expires_at > $1)', part.name)
      INTO lives USING {clock}(given_now);
    IF NOT lives THEN EXECUTE format('DROP TABLE %s', part.name); END IF;
  END LOOP;
END $once_again$;
