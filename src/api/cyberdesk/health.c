/* /v1/health, and what drivers ask before they update themselves. */
#include "api/call.h"
#include "contracts/operations.h"
#include "store/settings.h"

static void answer_healthy(struct call *call)
{
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    jw_field_str(&w, "status", STR("healthy"));
    jw_object_end(&w);
}

void op_get_health(struct call *call)
{
    answer_healthy(call);
}

void op_get_health_db(struct call *call)
{
    settings_get(call->tx, call->arena, STR("health"));
    struct err err;
    if (!tx_error(call->tx, &err)) {
        answer_healthy(call);
        return;
    }
    err_set(&err, ERR_UNAVAILABLE, "The database does not answer");
    call_fail(call, &err);
}

/* The newest Cyberdriver of the generation whose protocol this server speaks. */
void op_get_cyberdriver_version(struct call *call)
{
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    jw_field_str(&w, "latest_version", STR("0.0.39"));
    jw_object_end(&w);
}
