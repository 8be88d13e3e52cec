-- What SQLite keeps of a record beside its two blobs is about two hundred bytes.
SELECT count(*), coalesce(sum(200 + coalesce(length(checkpoint), 0) + coalesce(length(outcome), 0)), 0)
FROM once_again_records
WHERE expires_at > CAST(? AS INTEGER)
