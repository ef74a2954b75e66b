#include "contract/document.h"

#include "contract/parameter.h"

enum { MAX_BODY_DEFAULT = 1024 * 1024 };

struct document {
    struct schema_loader *loader;
    struct operation_list *operations;
    struct route_node *roots;
    struct str prefix; /* of servers[0], without a slash at its end */
    json_t *security;  /* of the whole document */
};

/* What one key of an operation is loaded from and into. */
struct key_input {
    const struct document *document;
    json_t *value;
    const struct place *place;
    struct operation *operation;
};

static bool key_refuse(const struct key_input *in, const char *message)
{
    return schema_refuse(in->document->loader, in->place, "%s", message);
}

/* --- the keys of an operation ------------------------------------------------------------- */

static bool load_text(const struct key_input *in, const char **ret_text)
{
    if (!json_is_string(in->value))
        return key_refuse(in, "this is a string");
    *ret_text = json_string_value(in->value);
    return true;
}

static bool load_id(const struct key_input *in)
{
    return load_text(in, &in->operation->id);
}

static bool load_scope(const struct key_input *in)
{
    static const char *const scopes[] = {"join",   "read",  "control", "power",
                                         "create", "money", "files",   "admin"};
    if (!load_text(in, &in->operation->scope))
        return false;
    for (size_t i = 0; i < countof(scopes); i++) {
        if (strcmp(in->operation->scope, scopes[i]) == 0)
            return true;
    }
    return key_refuse(in, "no such scope");
}

static bool load_max_body(const struct key_input *in)
{
    if (!json_is_integer(in->value) || json_integer_value(in->value) <= 0)
        return key_refuse(in, "a number of bytes");
    in->operation->max_body = (size_t)json_integer_value(in->value);
    return true;
}

static bool load_invalid_code(const struct key_input *in)
{
    if (!json_is_integer(in->value) || json_integer_value(in->value) < 400 ||
        json_integer_value(in->value) > 9999)
        return key_refuse(in, "a client_code from 400 to 9999");
    in->operation->invalid_code = (int)json_integer_value(in->value);
    return true;
}

static bool load_listener(const struct key_input *in)
{
    const char *name = NULL;
    if (!load_text(in, &name))
        return false;
    in->operation->listener = LISTENER_OPERATOR;
    return strcmp(name, "operator") == 0 || key_refuse(in, "no such listener");
}

static bool load_upgrade(const struct key_input *in)
{
    const char *name = NULL;
    if (!load_text(in, &name))
        return false;
    in->operation->is_websocket = true;
    return strcmp(name, "websocket") == 0 || key_refuse(in, "no such upgrade");
}

static bool load_content(const struct key_input *in, json_t *content)
{
    json_t *media = json_object_get(content, "application/json");
    if (!media || json_object_size(content) != 1)
        return key_refuse(in, "the content is application/json and nothing else");
    const char *key;
    json_t *value;
    json_object_foreach (media, key, value) {
        if (strcmp(key, "schema") != 0 && strcmp(key, "example") != 0 &&
            strcmp(key, "examples") != 0)
            return key_refuse(in, "a media type has a schema and examples");
    }
    in->operation->body =
        schema_load(in->document->loader, json_object_get(media, "schema"), in->place);
    return in->operation->body != NULL;
}

static bool load_body(const struct key_input *in)
{
    json_t *body = schema_resolve(in->document->loader, in->value, in->place);
    if (!body)
        return false;
    const char *key;
    json_t *value;
    json_object_foreach (body, key, value) {
        if (strcmp(key, "required") != 0 && strcmp(key, "content") != 0 &&
            strcmp(key, "description") != 0)
            return key_refuse(in, "a requestBody has content, required and description");
    }
    in->operation->body_required = json_is_true(json_object_get(body, "required"));
    if (in->operation->max_body == 0)
        in->operation->max_body = MAX_BODY_DEFAULT;
    return load_content(in, json_object_get(body, "content"));
}

/* Only an explicit empty list opens an operation: forgetting it must not. */
static bool load_security(const struct key_input *in)
{
    if (!json_is_array(in->value))
        return key_refuse(in, "security is a list");
    in->operation->is_public = json_array_size(in->value) == 0;
    return true;
}

/* Annotations, and parameters, which the path item shares. */
static bool load_nothing(const struct key_input *in UNUSED)
{
    return true;
}

/* Every key an operation may have, in order of loading. */
static const struct {
    const char *name;
    bool (*load)(const struct key_input *in);
} keys[] = {
    {"operationId", load_id},
    {"security", load_security},
    {"x-scope", load_scope},
    {"x-max-body", load_max_body},
    {"x-invalid-code", load_invalid_code},
    {"x-listener", load_listener},
    {"x-upgrade", load_upgrade},
    {"requestBody", load_body},
    {"parameters", load_nothing},
    {"tags", load_nothing},
    {"summary", load_nothing},
    {"description", load_nothing},
    {"deprecated", load_nothing},
    {"responses", load_nothing},
};

static bool is_key(const char *name)
{
    for (size_t i = 0; i < countof(keys); i++) {
        if (strcmp(keys[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool check_keys(const struct document *document, json_t *json, const struct place *place)
{
    const char *name;
    json_t *value;
    json_object_foreach (json, name, value) {
        if (!is_key(name))
            return schema_refuse(document->loader, place, "unsupported key '%s' of an operation",
                                 name);
    }
    return true;
}

static bool load_keys(const struct document *document, json_t *json, const struct place *place,
                      struct operation *operation)
{
    if (!check_keys(document, json, place))
        return false;
    for (size_t i = 0; i < countof(keys); i++) {
        json_t *value = json_object_get(json, keys[i].name);
        struct place here = place_name(place, keys[i].name);
        if (value && !keys[i].load(&(struct key_input){document, value, &here, operation}))
            return false;
    }
    return true;
}

/* --- operations --------------------------------------------------------------------------- */

static bool check_operation(const struct document *document, const struct operation *operation,
                            json_t *json, const struct place *place)
{
    struct schema_loader *loader = document->loader;
    if (!operation->id)
        return schema_refuse(loader, place, "an operation has an operationId");
    if (!json_object_get(json, "security") && !document->security)
        return schema_refuse(loader, place, "security is not given, not even as an empty list");
    if (operation->is_public && operation->scope)
        return schema_refuse(loader, place, "a scope without credentials");
    if (operation->max_body > 0 && !operation->body)
        return schema_refuse(loader, place, "x-max-body without a requestBody");
    for (const struct operation_node *node = document->operations->first; node; node = node->next) {
        if (strcmp(node->operation.id, operation->id) == 0)
            return schema_refuse(loader, place, "two operations are called '%s'", operation->id);
    }
    return true;
}

static void append(const struct document *document, struct operation_node *node)
{
    struct operation_list *list = document->operations;
    node->operation.index = list->count++;
    if (list->last)
        list->last->next = node;
    else
        list->first = node;
    list->last = node;
}

static bool load_operation(const struct document *document, const char *path, const char *method,
                           json_t *item, json_t *json, const struct place *place)
{
    struct arena *arena = document->loader->arena;
    struct operation_node *node = ARENA_NEW(arena, struct operation_node);
    struct operation *operation = &node->operation;
    *operation = (struct operation){
        .document = document->loader->document,
        .method = method,
        .path = arena_printf(arena, "%.*s%s", STR_FMT(document->prefix), path).ptr,
        .is_public = document->security && json_array_size(document->security) == 0,
        .invalid_code = 400,
    };
    if (!load_keys(document, json, place, operation) ||
        !check_operation(document, operation, json, place) ||
        !parameters_load(document->loader, json_object_get(item, "parameters"),
                         json_object_get(json, "parameters"), place, operation))
        return false;
    const char *reason = router_add(&document->roots[operation->listener], operation, arena);
    if (reason)
        return schema_refuse(document->loader, place, "%s", reason);
    append(document, node);
    return true;
}

static bool load_item(const struct document *document, const char *path, json_t *item,
                      const struct place *place)
{
    const char *key;
    json_t *value;
    json_object_foreach (item, key, value) {
        struct place here = place_name(place, key);
        const char *method = method_name(key);
        bool annotation = strcmp(key, "parameters") == 0 || strcmp(key, "summary") == 0 ||
                          strcmp(key, "description") == 0;
        if (!method && !annotation)
            return schema_refuse(document->loader, &here, "unsupported key of a path");
        if (method && !load_operation(document, path, method, item, value, &here))
            return false;
    }
    return true;
}

/* The path prefix: "/" is none. */
static bool load_prefix(struct document *document)
{
    struct place place = place_name(NULL, "servers");
    json_t *server = json_array_get(json_object_get(document->loader->root, "servers"), 0);
    struct str url =
        server ? str_from(json_string_value(json_object_get(server, "url"))) : STR("/");
    if (!str_starts_with(url, STR("/")))
        return schema_refuse(document->loader, &place, "the first url is a path");
    document->prefix = str_ends_with(url, STR("/")) ? str_slice(url, 0, url.len - 1) : url;
    return true;
}

bool document_load(struct schema_loader *loader, struct operation_list *operations,
                   struct route_node roots[LISTENER_COUNT])
{
    struct document document = {
        .loader = loader,
        .operations = operations,
        .roots = roots,
        .security = json_object_get(loader->root, "security"),
    };
    struct place place = place_name(NULL, "paths");
    const char *version = json_string_value(json_object_get(loader->root, "openapi"));
    if (!version || (strncmp(version, "3.0.", 4) != 0 && strncmp(version, "3.1.", 4) != 0))
        return schema_refuse(loader, NULL, "this is not OpenAPI 3.0 or 3.1");
    if (!load_prefix(&document))
        return false;
    const char *path;
    json_t *item;
    json_object_foreach (json_object_get(loader->root, "paths"), path, item) {
        struct place here = place_name(&place, path);
        if (!load_item(&document, path, item, &here))
            return false;
    }
    return schema_loader_check(loader);
}
