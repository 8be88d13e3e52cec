-- Compare-and-set on owner and epoch, ARGV[2] and ARGV[3]: only the record in progress that is theirs goes on from here.
local record = look_up()
if not is_live(record) then return answer('lost') end
if record.owner ~= ARGV[2] or record.epoch ~= tonumber(ARGV[3]) then return lost(record) end
if record.state == 'completed' then return answer('completed') end
if record.state ~= 'inProgress' then return lost(record) end
