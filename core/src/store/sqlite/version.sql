SELECT max(version) FROM once_again_schema
