#include "api/body_ids.h"

#include "base/map.h"

struct body_ids *body_ids(struct call *call, const char *field)
{
    const json_t *array = checked_body_value(&call->checked, field);
    struct body_ids *list = ARENA_NEW(call->arena, struct body_ids);
    list->ids = ARENA_ARRAY(call->arena, json_array_size(array), struct str);
    struct map seen;
    map_init(&seen);
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct str id = str_from(json_string_value(json_array_get(array, i)));
        if (!map_put(&seen, id, list))
            list->ids[list->count++] = id;
    }
    map_finish(&seen);
    return list;
}
