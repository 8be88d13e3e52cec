-- ARGV: now, owner, fingerprint, caller or '', lease or '', retention, reexecute or fail, most takeovers, derived.
local owner, fingerprint, caller = ARGV[2], ARGV[3], ARGV[4]
local lease, retention = tonumber(ARGV[5]), tonumber(ARGV[6])
local on_orphan, max_takeovers, derived = ARGV[7], tonumber(ARGV[8]), ARGV[9]

-- Lease and retention run from now; a record never expires while it is leased.
local function acquire(claim)
  local lease_until = lease and plus(now, lease)
  claim.state = 'inProgress'
  claim.owner = owner
  claim.lease_until = lease_until
  claim.expires_at = math.max(plus(now, retention), lease_until or now)
  -- Whoever runs under a record that knew no caller is its caller from now on.
  if caller ~= '' then claim.caller = caller end
  write(claim, not lease_until and { 'lease_until' } or nil)
  return answer('acquired', claim.epoch, claim.attempts, lease_until, nil, redis.call('HGET', key, 'checkpoint'))
end

local record = look_up()
if not is_live(record) then
  -- The clock lifts the epoch above that of a record that was deleted long ago.
  local epoch = math.max(plus(record and record.epoch or 0, 1), now)
  redis.call('DEL', key)
  return acquire({ fingerprint = fingerprint, derived = derived, epoch = epoch, attempts = 1, takeovers = 0, created = now })
end

if caller ~= '' and record.caller and record.caller ~= caller then return answer('mismatchCaller') end
if record.fingerprint ~= fingerprint then return answer('mismatchFingerprint') end
if record.state == 'completed' then
  return answer('replay', nil, nil, nil, record.created, redis.call('HGET', key, 'outcome') or '')
end
if record.state == 'unknown' then return answer('outcomeUnknown') end

local again = { epoch = plus(record.epoch, 1), attempts = math.min(record.attempts + 1, 4294967295) }
if record.state == 'retryable' then return acquire(again) end

if not record.lease_until or now < record.lease_until then
  if record.owner ~= owner then return answer('busy', nil, nil, record.lease_until) end
  -- The owner never heard that the claim is its own; its lease counts from this begin.
  local lease_until = record.lease_until and math.max(record.lease_until, plus(now, lease or 0))
  write({ lease_until = lease_until, expires_at = math.max(record.expires_at, lease_until or now) })
  return answer('acquired', record.epoch, record.attempts, lease_until, nil, redis.call('HGET', key, 'checkpoint'))
end

if on_orphan == 'fail' or record.takeovers >= max_takeovers then
  write({ state = 'unknown' }, { 'lease_until' })
  return answer('outcomeUnknown')
end
again.takeovers = math.min(record.takeovers + 1, 4294967295)
return acquire(again)
