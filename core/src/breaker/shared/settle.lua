-- A probe has ended, or is held on to: answers 1, or 0 when it is not in flight any more.
-- ARGV: time, its epoch, its number, what happened (success, failure, nothing, hold), for hold the lease from now and 1
-- when its end counts as a failure.

local probe, what = 'p:' .. ARGV[3], ARGV[4]
if record.epoch ~= tonumber(ARGV[2]) or leases[probe] == nil then
  return answer(0)
end
if what == 'hold' then
  redis.call('HSET', key, probe, digits(now + tonumber(ARGV[5])) .. ' ' .. ARGV[6])
  return answer(1)
end
redis.call('HDEL', key, probe)
in_flight = in_flight - 1
if what == 'success' then
  set('successes', record.successes + 1)
elseif what == 'failure' then
  set('failures', record.failures + 1)
end
return answer(1)
