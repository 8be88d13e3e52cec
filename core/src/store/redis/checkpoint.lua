-- ARGV: now, owner, epoch, data.
write({ checkpoint = ARGV[4] })
return answer('checkpointed')
