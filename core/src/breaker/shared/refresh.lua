-- Only looks. ARGV: time.

return answer(0)
