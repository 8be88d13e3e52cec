DELETE FROM once_again_records WHERE key IN (
  SELECT key FROM once_again_records
  WHERE expires_at <= CAST(? AS INTEGER)
  ORDER BY expires_at
  LIMIT CAST(? AS INTEGER)
)
