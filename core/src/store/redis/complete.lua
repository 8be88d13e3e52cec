-- ARGV: now, owner, epoch, retention, outcome. Whoever waits may listen; where that is not allowed they ask again.
write(
  { state = 'completed', outcome = ARGV[5], expires_at = plus(now, tonumber(ARGV[4])) },
  { 'lease_until', 'checkpoint' }
)
redis.pcall('PUBLISH', key, 'completed')
return answer('completed')
