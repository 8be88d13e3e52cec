-- ARGV: now, owner, epoch.
write({ lease_until = now })
return answer('abandoned')
