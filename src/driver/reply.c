#include "driver/reply.h"

#define JSON_TYPE "application/json"

void reply_init(struct reply *reply)
{
    *reply = (struct reply){.status = 200, .content_type = JSON_TYPE};
    buf_init(&reply->body, REPLY_BODY_MAX);
}

void reply_finish(struct reply *reply)
{
    buf_finish(&reply->body);
}

static struct json_writer begin(struct reply *reply, int status)
{
    reply->status = status;
    reply->content_type = JSON_TYPE;
    buf_clear(&reply->body);
    return jw_to(&reply->body);
}

void reply_done(struct reply *reply)
{
    struct json_writer w = begin(reply, 200);
    jw_object_begin(&w);
    jw_object_end(&w);
}

void reply_detail(struct reply *reply, int status, struct str message)
{
    struct json_writer w = begin(reply, status);
    jw_object_begin(&w);
    jw_field_str(&w, "detail", message);
    jw_object_end(&w);
}

void reply_error(struct reply *reply, const struct err *err)
{
    reply_detail(reply, err->kind == ERR_INVALID ? 400 : 500, str_from(err->message));
}

void reply_invalid(struct reply *reply, const char *type, const char *place, const char *name,
                   const char *message, const json_t *input)
{
    struct json_writer w = begin(reply, 422);
    jw_object_begin(&w);
    jw_key(&w, "detail");
    jw_array_begin(&w);
    jw_object_begin(&w);
    jw_field_str(&w, "type", str_from(type));
    jw_key(&w, "loc");
    jw_array_begin(&w);
    jw_cstr(&w, place);
    if (name)
        jw_cstr(&w, name);
    jw_array_end(&w);
    jw_field_str(&w, "msg", str_from(message));
    jw_key(&w, "input");
    if (input)
        jw_value(&w, input);
    else
        jw_null(&w);
    jw_object_end(&w);
    jw_array_end(&w);
    jw_object_end(&w);
}
