-- ARGV: cursor, pattern. One page of the records on this server: how many, their bytes, and where the next page begins.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)
local bytes = 0
for _, key in ipairs(page[2]) do
  -- All fields are looked at: a sample of a few may miss the one that holds the body.
  bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0)
end
return { 'usage', tostring(#page[2]), string.format('%.0f', bytes), page[1] }
