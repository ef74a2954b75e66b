#include "contract/router.h"

#include "contract/uri.h"

static const struct {
    const char *key, *name;
} methods[METHOD_COUNT] = {
    [METHOD_GET] = {"get", "GET"},
    [METHOD_HEAD] = {"head", "HEAD"},
    [METHOD_POST] = {"post", "POST"},
    [METHOD_PUT] = {"put", "PUT"},
    [METHOD_PATCH] = {"patch", "PATCH"},
    [METHOD_DELETE] = {"delete", "DELETE"},
    [METHOD_OPTIONS] = {"options", "OPTIONS"},
};

const char *method_name(const char *key)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(methods[i].key, key) == 0)
            return methods[i].name;
    }
    return NULL;
}

static enum method method_of(struct str name)
{
    enum method method = METHOD_GET;
    while (method < METHOD_COUNT && !str_eq(name, str_from(methods[method].name)))
        method++;
    return method;
}

/* The segments of a path as what str_split walks: null for "/". */
static struct str segments_of(struct str path)
{
    return path.len > 1 ? str_slice(path, 1, path.len) : STR_NULL;
}

static struct route_node *literal_child(const struct route_node *node, struct str segment)
{
    struct route_node *child = node->literals;
    while (child && !str_eq(child->segment, segment))
        child = child->next;
    return child;
}

static bool is_parameter(struct str segment)
{
    return str_starts_with(segment, STR("{")) && str_ends_with(segment, STR("}"));
}

static struct route_node *add_child(struct route_node *node, struct str segment,
                                    struct arena *arena)
{
    bool parameter = is_parameter(segment);
    struct route_node *child = parameter ? node->parameter : literal_child(node, segment);
    if (child)
        return child;
    child = ARENA_NEW(arena, struct route_node);
    child->segment = segment;
    if (parameter) {
        node->parameter = child;
    } else {
        child->next = node->literals;
        node->literals = child;
    }
    return child;
}

static void set_allow(struct route_node *node, struct arena *arena)
{
    struct str allow = STR("");
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        bool allowed = node->operations[i] || (i == METHOD_HEAD && node->operations[METHOD_GET]);
        if (allowed)
            allow = arena_printf(arena, "%.*s%s%s", STR_FMT(allow), allow.len > 0 ? ", " : "",
                                 methods[i].name);
    }
    node->allow = allow;
}

const char *router_add(struct route_node *root, const struct operation *operation,
                       struct arena *arena)
{
    struct str path = str_from(operation->path);
    if (!str_starts_with(path, STR("/")))
        return "a path begins with a slash";
    struct route_node *node = root;
    struct str rest = segments_of(path), segment;
    size_t parameters = 0;
    while (str_split(&rest, '/', &segment)) {
        if (segment.len == 0)
            return "a path has no empty segment and no slash at its end";
        if (is_parameter(segment) ? segment.len == 2 : str_find(segment, '{') >= 0)
            return "a path parameter is a whole segment with a name";
        parameters += is_parameter(segment);
        node = add_child(node, segment, arena);
    }
    if (parameters > ROUTE_PARAMETERS_MAX)
        return "too many path parameters";
    const struct operation **slot = &node->operations[method_of(str_from(operation->method))];
    if (*slot)
        return "another operation has the same method and path";
    *slot = operation;
    set_allow(node, arena);
    return NULL;
}

/* One search: the values so far are on the way down, the answer in `match`. */
struct search {
    enum method method;
    struct arena *arena;
    struct route_match *match;
};

/* The node where the path ends: answers, or notes what it would allow. */
static bool finish(struct search *search, const struct route_node *node)
{
    const struct operation *operation = NULL;
    if (search->method < METHOD_COUNT)
        operation = node->operations[search->method];
    if (!operation && search->method == METHOD_HEAD)
        operation = node->operations[METHOD_GET];
    if (!operation && str_is_null(search->match->allow))
        search->match->allow = node->allow;
    search->match->operation = operation;
    return operation != NULL;
}

/* Tries the literal child, then the parameter. Goes no deeper than the deepest template. */
static bool descend(struct search *search, const struct route_node *node, struct str rest,
                    size_t parameters)
{
    struct str raw, segment;
    if (!str_split(&rest, '/', &raw))
        return finish(search, node);
    if (raw.len == 0 || !uri_decode_segment(raw, search->arena, &segment))
        return false;
    const struct route_node *literal = literal_child(node, segment);
    if (literal && descend(search, literal, rest, parameters))
        return true;
    if (!node->parameter)
        return false;
    search->match->values[parameters] = segment;
    return descend(search, node->parameter, rest, parameters + 1);
}

enum route_result router_find(const struct route_node *root, struct str method, struct str path,
                              struct arena *arena, struct route_match *ret_match)
{
    ret_match->operation = NULL;
    ret_match->allow = STR_NULL;
    if (!str_starts_with(path, STR("/")))
        return ROUTE_NO_PATH;
    struct search search = {method_of(method), arena, ret_match};
    if (descend(&search, root, segments_of(path), 0))
        return ROUTE_FOUND;
    return str_is_null(ret_match->allow) ? ROUTE_NO_PATH : ROUTE_WRONG_METHOD;
}
