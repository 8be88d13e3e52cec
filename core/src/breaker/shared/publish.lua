-- A breaker has opened or closed. Whoever went by an older epoch than the record's comes too late: answers 0, else 1.
-- ARGV: time, the epoch the caller goes by, state, how long it stays open, the next wait, how long to keep it (ms).

local base, state = tonumber(ARGV[2]), tonumber(ARGV[3])
if record.epoch > base then
  return answer(0)
end
begin(state, base, ARGV[6])
set('until', now + tonumber(ARGV[4]))
set('wait', tonumber(ARGV[5]))
return answer(1)
