-- The server's own clock in microseconds, unless a test brings another.
CREATE FUNCTION {clock}(given int8) RETURNS int8 LANGUAGE sql AS $once_again$
  SELECT coalesce(given, (extract(epoch FROM clock_timestamp()) * 1000000)::int8)
$once_again$;
