-- Asks for other entities in each request; prints what was measured as one line of JSON.
-- Arguments: features of the view v, entity rows of a request, entities that there are.

local bodies, next_body = {}, 0

function init(args)
  local features, rows, entities = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  local names = {}
  for i = 1, features do names[i] = string.format('"v:f%d"', i - 1) end
  math.randomseed(7)
  for i = 1, 200 do
    local ids = {}
    for j = 1, rows do ids[j] = math.random(0, entities - 1) end
    bodies[i] = wrk.format("POST", "/get-online-features",
      { ["Content-Type"] = "application/json" },
      string.format('{"features":[%s],"entities":{"driver_id":[%s]}}',
        table.concat(names, ","), table.concat(ids, ",")))
  end
end

function request()
  next_body = next_body % #bodies + 1
  return bodies[next_body]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6,
    latency:percentile(99) / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
