-- POST of pools whose names never repeat; with "keyed", each with an Idempotency-Key of its own.
--   wrk ... -s create.lua URL -- PREFIX [keyed]
local head, key, body, count = nil, nil, nil, 0

function init(args)
    local template = wrk.format("POST", "/v1/pools", nil, string.rep("_", #args[1] + 19))
    head = template:match("^(.-\r\n)\r\n")
    key = args[2] == "keyed" and "Idempotency-Key: " .. args[1] or nil
    body = '{"name":"' .. args[1]
end

function request()
    count = count + 1
    local number = string.format("%08d", count)
    if key then
        return head .. key .. number .. "\r\n\r\n" .. body .. number .. '"}'
    end
    return head .. "\r\n" .. body .. number .. '"}'
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "done.lua")
