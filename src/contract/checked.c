#include <stdlib.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/log.h"
#include "contract/check.h"

void checked_finish(struct checked *checked)
{
    json_decref(checked->body);
    *checked = (struct checked){0};
}

static const struct checked_value *find(const struct checked *checked, enum parameter_place place,
                                        const char *name)
{
    const struct operation *operation = checked->operation;
    for (size_t i = 0; i < operation->parameter_count; i++) {
        if (operation->parameters[i].place == place &&
            strcmp(operation->parameters[i].name, name) == 0)
            return &checked->values[i];
    }
    log_error("contract.undeclared_parameter", LOG_CSTR("operation", operation->id),
              LOG_CSTR("parameter", name));
    abort();
}

struct str checked_path(const struct checked *checked, const char *name)
{
    return find(checked, IN_PATH, name)->text;
}

int64_t checked_path_int(const struct checked *checked, const char *name)
{
    return find(checked, IN_PATH, name)->integer;
}

bool checked_query_has(const struct checked *checked, const char *name)
{
    return find(checked, IN_QUERY, name)->is_set;
}

struct str checked_query_str(const struct checked *checked, const char *name)
{
    return find(checked, IN_QUERY, name)->text;
}

int64_t checked_query_int(const struct checked *checked, const char *name)
{
    return find(checked, IN_QUERY, name)->integer;
}

bool checked_query_bool(const struct checked *checked, const char *name)
{
    return find(checked, IN_QUERY, name)->boolean;
}

int64_t checked_query_time(const struct checked *checked, const char *name)
{
    const struct checked_value *value = find(checked, IN_QUERY, name);
    return value->is_set ? value->integer : CLOCK_NONE;
}

size_t checked_query_list(const struct checked *checked, const char *name,
                          const struct str **ret_items)
{
    const struct checked_value *value = find(checked, IN_QUERY, name);
    *ret_items = value->items;
    return value->item_count;
}

struct str checked_header(const struct checked *checked, const char *name)
{
    return find(checked, IN_HEADER, name)->text;
}

bool checked_body_has(const struct checked *checked, const char *name)
{
    return json_object_get(checked->body, name) != NULL;
}

bool checked_body_is_null(const struct checked *checked, const char *name)
{
    return json_is_null(json_object_get(checked->body, name));
}

struct str checked_body_str(const struct checked *checked, const char *name)
{
    const json_t *value = json_object_get(checked->body, name);
    return json_is_string(value) ? str_of(json_string_value(value), json_string_length(value))
                                 : STR_NULL;
}

int64_t checked_body_int(const struct checked *checked, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(checked->body, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool checked_body_bool(const struct checked *checked, const char *name, bool fallback)
{
    const json_t *value = json_object_get(checked->body, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

int64_t checked_body_time(const struct checked *checked, const char *name)
{
    struct str text = checked_body_str(checked, name);
    int64_t time_us;
    const char *reason;
    /* The check made it canonical, so it cannot fail to parse. */
    return !str_is_null(text) && clock_parse(text, &time_us, &reason) ? time_us : CLOCK_NONE;
}

const json_t *checked_body_value(const struct checked *checked, const char *name)
{
    const json_t *value = json_object_get(checked->body, name);
    return json_is_null(value) ? NULL : value;
}
