-- What every script begins with: the record as it is now, without the probes whose lease has ended.
--
-- One hash per breaker. epoch, state (0 closed, 1 open, 2 half-open), until (when an open one is due), wait (the next
-- open wait), since (when the trial began), next (the next probe's number), successes, failures; and for each probe in
-- flight p:<number> = "<end of its lease> <1 when that counts as a failure, else 0>". Times are whole microseconds.
-- ARGV[1] is the time, for tests; 0 is Redis's own clock.

local CLOSED, OPEN, HALF_OPEN = 0, 1, 2
local key = KEYS[1]
local now = tonumber(ARGV[1])
if now == 0 then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
end

-- Lua prints large numbers with 14 digits only.
local function digits(number)
  return string.format('%.0f', number)
end

local record = { epoch = 0, state = CLOSED, ['until'] = 0, wait = 0, since = 0, next = 0, successes = 0, failures = 0 }
local in_flight = 0

local function set(field, value)
  record[field] = value
  redis.call('HSET', key, field, digits(value))
end

local fields = redis.call('HGETALL', key)
local leases = {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 'p:' then
    leases[fields[i]] = fields[i + 1]
  else
    record[fields[i]] = tonumber(fields[i + 1])
  end
end
for probe, lease in pairs(leases) do
  local due, counts = string.match(lease, '^(%d+) (%d)$')
  if tonumber(due) > now then
    in_flight = in_flight + 1
  else
    redis.call('HDEL', key, probe)
    leases[probe] = nil
    if counts == '1' then
      set('failures', record.failures + 1)
    end
  end
end

-- A new epoch. It grows even over a record that Redis has lost, since it is never behind the clock.
local function begin(state, base, ttl)
  local epoch = math.max(record.epoch + 1, base + 1, now)
  redis.call('DEL', key)
  record = { ['until'] = 0, wait = 0, since = 0, next = 0, successes = 0, failures = 0 }
  leases, in_flight = {}, 0
  set('epoch', epoch)
  set('state', state)
  redis.call('PEXPIRE', key, ttl)
end

-- `result` is the script's own; the rest is the record.
local function answer(result)
  local left = record.state == OPEN and math.max(record['until'] - now, 0) or 0
  local age = record.state == HALF_OPEN and math.max(now - record.since, 0) or 0
  local numbers = {
    result, record.epoch, record.state, left, record.wait, age, record.successes, record.failures, in_flight,
  }
  for i = 1, #numbers do
    numbers[i] = digits(numbers[i])
  end
  return table.concat(numbers, ' ')
end
