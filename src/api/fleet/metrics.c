/* GET /metrics, on the operator's listener only. */
#include "api/metrics.h"

#include "api/call.h"
#include "contracts/operations.h"

void op_get_metrics(struct call *call)
{
    struct buf text;
    buf_init(&text, CALL_BODY_CEILING);
    api_metrics_write(call->api, &text);
    arena_adopt(call->arena, text.ptr);
    call_bytes(call, 200, STR("text/plain; version=0.0.4; charset=utf-8"), buf_str(&text));
}
