-- ARGV: now, owner, epoch, lease. Never shorter than it was: replies of renewals may be lost or come late.
local lease_until = math.max(plus(now, tonumber(ARGV[4])), record.lease_until or now)
write({ lease_until = lease_until, expires_at = math.max(record.expires_at, lease_until) })
return answer('renewed', nil, nil, lease_until)
