-- Not WITHOUT ROWID: a record is as long as the answer it keeps. With answers of 1 KB that layout was measured to take
-- three times the space and twice the time to write.
CREATE TABLE once_again_records (
  key         BLOB    NOT NULL PRIMARY KEY,  -- SHA-256 of namespace, scope and key
  fingerprint TEXT    NOT NULL,              -- alg:hex
  caller      BLOB,                          -- digest of the caller's credentials
  state       TEXT    NOT NULL CHECK (state IN ('inProgress', 'completed', 'retryable', 'unknown')),
  owner       BLOB    NOT NULL,
  epoch       INTEGER NOT NULL,
  lease_until INTEGER,                       -- all times are microseconds since the Unix epoch
  attempts    INTEGER NOT NULL,
  takeovers   INTEGER NOT NULL,
  checkpoint  BLOB,
  outcome     BLOB,
  created     INTEGER NOT NULL,
  updated     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  derived     INTEGER NOT NULL CHECK (derived IN (0, 1))
) STRICT
