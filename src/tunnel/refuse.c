#include <stdlib.h>

#include "base/mem.h"
#include "tunnel/tunnel.h"

/* A refusal is a WebSocket that opens only to say why it closes. */
struct refusal {
    int code;
    const char *reason;
};

static void opened(void *ctx, struct ws *ws)
{
    struct refusal *refusal = ctx;
    ws_close(ws, refusal->code, str_from(refusal->reason));
}

static void closed(void *ctx, struct ws *ws, int code, struct str reason)
{
    (void)ws;
    (void)code;
    (void)reason;
    free(ctx);
}

static const struct ws_config refusing = {
    .max_message = 1024,
    .max_queued = 1024,
    .opened = opened,
    .closed = closed,
};

void tunnel_refuse(struct http_exchange *exchange, int code, const char *reason)
{
    struct refusal *refusal = MEM_NEW(struct refusal);
    *refusal = (struct refusal){code, reason};
    http_respond_websocket(exchange, NULL, 0, &refusing, refusal);
}
