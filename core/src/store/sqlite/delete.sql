DELETE FROM once_again_records WHERE key = ?
