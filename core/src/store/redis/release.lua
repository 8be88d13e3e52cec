-- ARGV: now, owner, epoch, forget, retryable or unknown.
if ARGV[4] == 'forget' then
  redis.call('DEL', key)
else
  write({ state = ARGV[4] }, { 'lease_until' })
end
return answer('released')
