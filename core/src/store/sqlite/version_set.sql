INSERT OR IGNORE INTO once_again_schema (version) VALUES (CAST(? AS INTEGER))
