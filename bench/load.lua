-- The load: sends the requests of a file in their order and counts the answers by
-- status. All work is done before the clock starts; a request is one look into a table.
-- Run with one thread: its counters are then the whole truth.

local texts, wanted, total, at = {}, {}, 0, 0
issued, answered, sent = {}, {}, -1 -- wrk asks for one request that it does not send
local threads = {}

function setup(thread) threads[#threads + 1] = thread end

-- Each request is a line "length status", then its text.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length, status = file:read("*n", "*n")
    if not length then break end
    file:read(1)
    total = total + 1
    texts[total], wanted[total] = file:read(length), status
    issued[status], answered[status] = 0, 0
  end
  file:close()
end

function request()
  sent = sent + 1
  if sent == 0 then return texts[1] end
  at = at % total + 1
  local status = wanted[at]
  issued[status] = issued[status] + 1
  return texts[at]
end

function response(status) answered[status] = (answered[status] or 0) + 1 end

local function object(counts)
  local members = {}
  for status, count in pairs(counts) do
    members[#members + 1] = string.format('"%d":%d', status, count)
  end
  return "{" .. table.concat(members, ",") .. "}"
end

function done(summary, latency)
  local thread, failed = threads[1], summary.errors
  print(string.format('result {"microseconds":%d,"sent":%d,"issued":%s,"answered":%s,"p50":%d,"p99":%d,"broken":%d}',
    summary.duration, thread:get("sent"), object(thread:get("issued")), object(thread:get("answered")),
    latency:percentile(50), latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.timeout))
end
