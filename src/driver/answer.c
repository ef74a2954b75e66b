#include "driver/answer.h"

#include "net/ws.h"

#define CHUNK    (64u * 1024)
#define META_MAX (64u * 1024) /* a requestId may be long */

static void write_meta(struct buf *out, const struct request *request, const struct reply *reply)
{
    struct json_writer w = jw_to(out);
    char length[24];
    snprintf(length, sizeof(length), "%zu", reply->body.len);
    jw_object_begin(&w);
    jw_key(&w, "requestId");
    jw_value(&w, request->id);
    jw_field_int(&w, "status", reply->status);
    jw_key(&w, "headers");
    jw_object_begin(&w);
    jw_field_str(&w, "content-type", str_from(reply->content_type));
    jw_field_str(&w, "content-length", str_from(length));
    if (reply->allow)
        jw_field_str(&w, "allow", str_from(reply->allow));
    jw_object_end(&w);
    jw_object_end(&w);
}

static bool send_body(struct ws *ws, struct str body)
{
    for (size_t at = 0; at < body.len; at += CHUNK)
        if (!ws_send(ws, WS_BINARY, str_slice(body, at, at + CHUNK)))
            return false;
    return true;
}

bool answer_send(struct ws *ws, const struct request *request, const struct reply *reply)
{
    struct buf meta;
    buf_init(&meta, META_MAX);
    write_meta(&meta, request, reply);
    bool sent = !meta.overflowed && ws_send(ws, WS_TEXT, buf_str(&meta)) &&
                send_body(ws, buf_str(&reply->body)) && ws_send(ws, WS_TEXT, STR("end"));
    buf_finish(&meta);
    return sent;
}
