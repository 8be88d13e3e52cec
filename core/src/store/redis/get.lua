-- All fields, each after its name.
local record = look_up()
if not is_live(record) then return answer('notFound') end
local found = redis.call('HGETALL', key)
table.insert(found, 1, 'found')
return found
