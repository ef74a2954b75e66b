#include "driver/request.h"

#include "base/json_read.h"
#include "base/mem.h"
#include "driver/query.h"

static const struct json_limits meta_limits = {.depth = 8, .values = 1000};

void request_assembly_init(struct request_assembly *assembly)
{
    *assembly = (struct request_assembly){0};
    buf_init(&assembly->request.body, REQUEST_BODY_MAX);
}

void request_assembly_reset(struct request_assembly *assembly)
{
    struct request *request = &assembly->request;
    json_decref(request->id);
    json_decref(request->query);
    free(request->method);
    free(request->path);
    buf_finish(&request->body);
    request_assembly_init(assembly);
}

static struct str text_member(const json_t *meta, const char *key)
{
    const json_t *value = json_object_get(meta, key);
    return str_of(json_is_string(value) ? json_string_value(value) : "", json_string_length(value));
}

static char *upper_case(struct str text)
{
    char *copy = mem_strndup(text.ptr, text.len);
    for (char *c = copy; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return copy;
}

static char *with_slash(struct str path)
{
    bool slash = str_starts_with(path, STR("/"));
    char *copy = mem_zalloc(path.len + 2);
    copy[0] = '/';
    memcpy(copy + (slash ? 0 : 1), path.ptr, path.len);
    return copy;
}

/* False for anything but an object with a usable requestId. */
static bool read_meta(struct str text, struct request *request)
{
    struct json_read_error ignored;
    json_t *meta = json_read(text, &meta_limits, &ignored);
    json_t *id = json_object_get(meta, "requestId");
    bool usable = json_is_string(id) || json_is_number(id);
    if (usable) {
        request->id = json_incref(id);
        request->method = upper_case(text_member(meta, "method"));
        request->path = with_slash(text_member(meta, "path"));
        request->query = query_read(json_object_get(meta, "query"));
    }
    json_decref(meta);
    return usable;
}

enum request_state request_add_text(struct request_assembly *assembly, struct str text)
{
    if (str_eq(text, STR("end"))) {
        if (assembly->state == REQUEST_OPEN)
            assembly->state = REQUEST_COMPLETE;
        return assembly->state;
    }
    request_assembly_reset(assembly);
    assembly->state = read_meta(text, &assembly->request) ? REQUEST_OPEN : REQUEST_BROKEN;
    return assembly->state;
}

enum request_state request_add_bytes(struct request_assembly *assembly, struct str bytes)
{
    if (assembly->state == REQUEST_OPEN)
        buf_append_str(&assembly->request.body, bytes);
    return assembly->state;
}
