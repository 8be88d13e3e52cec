-- May one more probe fly? Answers its number, or -1. The first claim of an open breaker whose wait is over begins the trial.
-- ARGV: time, the epoch the caller goes by, 1 when a health check says the wait is over, the next wait should the caller
-- have to begin, probes in all, probes at once, the probe's lease, 1 when the lease's end counts as a failure, how long
-- to keep the record (ms).

local base, healthy = tonumber(ARGV[2]), ARGV[3] == '1'
local calls, concurrent = tonumber(ARGV[5]), tonumber(ARGV[6])

-- The caller goes by an epoch that Redis has lost, or never had: its own wait is over.
local lost = record.epoch < base or record.epoch == 0
local due = record.state == OPEN and (now >= record['until'] or (healthy and record.epoch == base))
if lost or due then
  local wait = lost and tonumber(ARGV[4]) or record.wait
  begin(HALF_OPEN, base, ARGV[9])
  set('wait', wait)
  set('since', now)
end
if record.state ~= HALF_OPEN or in_flight >= concurrent
  or record.successes + record.failures + in_flight >= calls then
  return answer(-1)
end
local probe = record.next
set('next', probe + 1)
redis.call('HSET', key, 'p:' .. digits(probe), digits(now + tonumber(ARGV[7])) .. ' ' .. ARGV[8])
redis.call('PEXPIRE', key, ARGV[9])
in_flight = in_flight + 1
return answer(probe)
