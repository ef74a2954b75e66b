-- GET of every path in a file, one after the other, from the start again at its end.
--   wrk ... -s rotate.lua URL -- FILE
local requests, at = {}, 0

function init(args)
    for path in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("GET", path)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "done.lua")
