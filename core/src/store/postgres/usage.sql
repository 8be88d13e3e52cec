SELECT 'usage',
       (SELECT count(*) FROM {records} WHERE expires_at > {clock}($1::int8)),
       (SELECT pg_total_relation_size({records_text}::regclass) + coalesce(sum(pg_total_relation_size(relid)), 0)::int8
        FROM pg_partition_tree({records_text}::regclass) WHERE relid <> {records_text}::regclass),
       '0'
