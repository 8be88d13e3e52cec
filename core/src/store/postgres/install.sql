DO $install$
DECLARE
  installed int8;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended({records_text}, 0));
  CREATE TABLE IF NOT EXISTS {versions} (version int8 NOT NULL PRIMARY KEY);
  SELECT coalesce(max(version), 0) INTO installed FROM {versions};
  {migrations}
END $install$
