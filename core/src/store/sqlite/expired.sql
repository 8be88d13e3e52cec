SELECT count(*) FROM (
  SELECT 1 FROM once_again_records WHERE expires_at <= CAST(? AS INTEGER) LIMIT CAST(? AS INTEGER)
)
