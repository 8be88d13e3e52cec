CREATE TABLE {records} (
  key         bytea NOT NULL,  -- SHA-256 of namespace, scope and key
  fingerprint text  NOT NULL,  -- alg:hex
  caller      bytea,           -- digest of the caller's credentials
  state       text  NOT NULL CHECK (state IN ('inProgress', 'completed', 'retryable', 'unknown')),
  owner       bytea NOT NULL,
  epoch       int8  NOT NULL,
  lease_until int8,            -- all times are microseconds since the Unix epoch
  attempts    int8  NOT NULL,
  takeovers   int8  NOT NULL,
  checkpoint  bytea,
  outcome     bytea,
  created     int8  NOT NULL,
  updated     int8  NOT NULL,
  expires_at  int8  NOT NULL,
  derived     int8  NOT NULL CHECK (derived IN (0, 1)),
  PRIMARY KEY ({primary_key})
) {partitioned_by};
CREATE INDEX {expiry_index} ON {records} (expires_at);
CREATE INDEX {lease_index} ON {records} (lease_until) WHERE state = 'inProgress';
