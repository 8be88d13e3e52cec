CREATE INDEX once_again_records_expiry ON once_again_records (expires_at)
