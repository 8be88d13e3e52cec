-- What this server says about itself.
return { redis.call('INFO', 'memory') .. redis.call('INFO', 'persistence') }
