-- How every script begins. KEYS[1] is the record; ARGV[1] is the time in microseconds since the Unix epoch, empty for this
-- server's own clock. The rules are those of core/src/store/step.rs. Times stay below 2^53, where Lua's numbers are exact,
-- and are printed by `text` only: tostring and `..` keep fourteen digits.
local LAST = 9007199254740991
local key, now, spare = KEYS[1], tonumber(ARGV[1]), 0
if now then
  -- Redis counts retention on its own clock, which a test's clock may run ahead of.
  spare = 3600000
else
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

local function plus(time, span)
  return math.min(time + span, LAST)
end

-- The record but for its two blobs; nil when there is none.
local function look_up()
  local names = { 'fingerprint', 'caller', 'state', 'owner', 'epoch', 'lease_until', 'attempts', 'takeovers', 'created',
    'expires_at' }
  local values = redis.call('HMGET', key, unpack(names))
  if not values[1] then return nil end
  local record = {}
  for i, name in ipairs(names) do record[name] = values[i] end
  for _, name in ipairs({ 'epoch', 'lease_until', 'attempts', 'takeovers', 'created', 'expires_at' }) do
    record[name] = tonumber(record[name])
  end
  return record
end

local function is_live(record)
  return record and now < record.expires_at
end

-- Sets fields of the record, numbers among them, and removes those named in `gone`. Any change moves `updated`; one that
-- moves `expires_at` moves the end of the key, which Redis counts in milliseconds.
local function write(fields, gone)
  local flat = { 'updated', text(now) }
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = type(value) == 'number' and text(value) or value
  end
  if gone then redis.call('HDEL', key, unpack(gone)) end
  redis.call('HSET', key, unpack(flat))
  if fields.expires_at then
    local left = math.ceil((fields.expires_at - now) / 1000) + spare
    redis.call('PEXPIRE', key, text(math.max(left, 1)))
  end
end

-- The row of core/src/store/answer.rs. A list ends at its first nil, so nothing is ''; data that is nothing is left out.
local function answer(reply, epoch, attempts, lease_until, created, data)
  local row = { reply, epoch or '', attempts or '', lease_until or '', created or '' }
  for i = 2, 5 do
    if type(row[i]) == 'number' then row[i] = text(row[i]) end
  end
  if data then row[6] = data end
  return row
end

-- Somebody else's record; what it ended in, if it has.
local function lost(record)
  local outcome = redis.call('HGET', key, 'outcome')
  if not outcome then return answer('lost') end
  return answer('lost', nil, nil, nil, record.created, outcome)
end
