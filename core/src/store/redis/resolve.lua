-- ARGV: now, forget or complete, retention, outcome.
local record = look_up()
if not is_live(record) then return answer('notFound') end
if record.state ~= 'unknown' then return lost(record) end
if ARGV[2] == 'forget' then
  redis.call('DEL', key)
else
  -- The claim ends here: its late owner must hear that its own outcome was not kept.
  write(
    { state = 'completed', epoch = plus(record.epoch, 1), outcome = ARGV[4], expires_at = plus(now, tonumber(ARGV[3])) },
    { 'lease_until', 'checkpoint' }
  )
end
return answer('resolved')
