#include "tunnel/frame.h"

#include "base/json_read.h"
#include "base/json_write.h"

static const struct json_limits meta_limits = {.depth = 8, .values = 1000};

void frame_write_request(struct buf *out, const struct frame_request *request)
{
    struct json_writer w = jw_to(out);
    jw_object_begin(&w);
    jw_field_str(&w, "requestId", request->request_id);
    jw_field_str(&w, "method", request->method);
    jw_field_str(&w, "path", request->path);
    jw_field_str(&w, "query", str_is_null(request->query) ? STR("") : request->query);
    jw_key(&w, "headers");
    jw_object_begin(&w);
    if (!str_is_null(request->content_type))
        jw_field_str(&w, "content-type", request->content_type);
    if (!str_is_null(request->idempotency_key))
        jw_field_str(&w, "X-Idempotency-Key", request->idempotency_key);
    jw_object_end(&w);
    jw_object_end(&w);
}

void frame_answer_init(struct frame_answer *answer, size_t body_ceiling)
{
    *answer = (struct frame_answer){0};
    buf_init(&answer->body, body_ceiling);
}

void frame_answer_finish(struct frame_answer *answer)
{
    buf_finish(&answer->body);
}

static bool copy_text(const json_t *value, char *text, size_t size)
{
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len >= size)
        return false;
    memcpy(text, json_string_value(value), len + 1);
    return true;
}

static void read_content_type(const json_t *headers, struct frame_answer *answer)
{
    const struct str wanted = STR("content-type");
    answer->content_type[0] = '\0';
    json_t *mutable = (json_t *)(uintptr_t)headers; /* the iterators want one */
    for (void *it = json_object_iter(mutable); it; it = json_object_iter_next(mutable, it)) {
        if (str_eq_nocase(str_from(json_object_iter_key(it)), wanted))
            copy_text(json_object_iter_value(it), answer->content_type,
                      sizeof(answer->content_type));
    }
}

static bool read_meta(const json_t *meta, struct frame_answer *answer)
{
    const json_t *status = json_object_get(meta, "status");
    if (!copy_text(json_object_get(meta, "requestId"), answer->request_id,
                   sizeof(answer->request_id)))
        return false;
    if (!json_is_integer(status) || json_integer_value(status) < 100 ||
        json_integer_value(status) > 599)
        return false;
    answer->status = (int)json_integer_value(status);
    read_content_type(json_object_get(meta, "headers"), answer);
    return true;
}

static enum frame_result begin_answer(struct frame_answer *answer, struct str text)
{
    struct json_read_error error;
    if (text.len > FRAME_META_CEILING)
        return FRAME_TOO_BIG;
    json_t *meta = json_read(text, &meta_limits, &error);
    bool ok = meta && read_meta(meta, answer);
    json_decref(meta);
    if (!ok)
        return FRAME_BROKEN;
    buf_finish(&answer->body); /* an idle connection keeps no body's memory */
    answer->open = true;
    answer->unasked = false;
    return FRAME_MORE;
}

enum frame_result frame_answer_text(struct frame_answer *answer, struct str text)
{
    if (!str_eq(text, FRAME_END))
        return begin_answer(answer, text);
    if (!answer->open)
        return FRAME_MORE;
    answer->open = false;
    return FRAME_COMPLETE;
}

enum frame_result frame_answer_binary(struct frame_answer *answer, struct str bytes)
{
    if (!answer->open || answer->unasked)
        return FRAME_MORE;
    return buf_append_str(&answer->body, bytes) ? FRAME_MORE : FRAME_TOO_BIG;
}
