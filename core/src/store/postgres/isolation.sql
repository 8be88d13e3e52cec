-- Under a stricter level whoever waited for the lock below would still not see what was written meanwhile, and only a unique
  -- key, which partitions cannot have among them, would stop it.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'with monthly partitions a claim must be made under READ COMMITTED'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
