#include "contract/parameter.h"

#include "contract/scalar.h"

/* Every key that a parameter may have. */
static const char *const keys[] = {"name",     "in",      "schema", "required",    "example",
                                   "examples", "explode", "style",  "description", "deprecated"};

static bool check_keys(struct schema_loader *loader, json_t *json, const struct place *place)
{
    const char *name;
    json_t *value;
    json_object_foreach (json, name, value) {
        size_t i = 0;
        while (i < countof(keys) && strcmp(keys[i], name) != 0)
            i++;
        if (i == countof(keys))
            return schema_refuse(loader, place, "unsupported key '%s' of a parameter", name);
    }
    const char *style = json_string_value(json_object_get(json, "style"));
    if (json_is_false(json_object_get(json, "explode")) || (style && strcmp(style, "form") != 0))
        return schema_refuse(loader, place, "lists are repeated parameters and nothing else");
    return true;
}

const struct schema *parameter_schema(const struct schema *schema)
{
    while (schema->kind == SCHEMA_UNION && schema->member_count == 1)
        schema = schema->members[0];
    return schema;
}

static bool load_place(struct schema_loader *loader, json_t *json, const struct place *place,
                       struct parameter *parameter)
{
    static const char *const places[] = {
        [IN_PATH] = "path", [IN_QUERY] = "query", [IN_HEADER] = "header"};
    const char *in = json_string_value(json_object_get(json, "in"));
    for (size_t i = 0; in && i < countof(places); i++) {
        if (strcmp(places[i], in) == 0) {
            parameter->place = (enum parameter_place)i;
            return true;
        }
    }
    return schema_refuse(loader, place, "a parameter is in path, query or header");
}

static bool load_schema(struct schema_loader *loader, json_t *json, const struct place *place,
                        struct parameter *parameter)
{
    struct place here = place_name(place, "schema");
    const struct schema *schema = schema_load(loader, json_object_get(json, "schema"), &here);
    if (!schema)
        return false;
    schema = parameter_schema(schema);
    parameter->schema = schema;
    parameter->is_list = schema->kind == SCHEMA_LIST;
    const struct schema *item = schema;
    if (parameter->is_list)
        item = schema->items ? parameter_schema(schema->items) : schema;
    if (!schema_is_scalar(item) || (parameter->is_list && parameter->place != IN_QUERY))
        return schema_refuse(loader, &here,
                             "a parameter is a scalar, or in a query a list of them");
    return true;
}

/* A default is written down as it would be sent, and read in the same way. */
static bool load_default(struct schema_loader *loader, json_t *json, const struct place *place,
                         struct parameter *parameter)
{
    json_t *value = json_object_get(json_object_get(json, "schema"), "default");
    if (!value || json_is_null(value))
        return true;
    struct str text = str_from(json_string_value(value));
    if (json_is_integer(value))
        text = arena_printf(loader->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        text = str_from(json_is_true(value) ? "true" : "false");
    struct scalar ignored;
    struct complaint complaint;
    if (str_is_null(text) || parameter->is_list || parameter->required ||
        !scalar_check(parameter->schema, scalar_text(text), false, loader->arena, &ignored,
                      &complaint))
        return schema_refuse(loader, place, "a default that the schema does not allow");
    parameter->default_text = text;
    return true;
}

static bool load_one(struct schema_loader *loader, json_t *json, const struct place *place,
                     struct parameter *parameter)
{
    *parameter = (struct parameter){
        .name = json_string_value(json_object_get(json, "name")),
        .required = json_is_true(json_object_get(json, "required")),
    };
    if (!parameter->name)
        return schema_refuse(loader, place, "a parameter has a name");
    return check_keys(loader, json, place) && load_place(loader, json, place, parameter) &&
           load_schema(loader, json, place, parameter) &&
           load_default(loader, json, place, parameter);
}

static struct parameter *find(struct parameter *parameters, size_t count,
                              const struct parameter *same)
{
    for (size_t i = 0; i < count; i++) {
        if (parameters[i].place == same->place && strcmp(parameters[i].name, same->name) == 0)
            return &parameters[i];
    }
    return NULL;
}

static bool load_list(struct schema_loader *loader, json_t *list, const struct place *place,
                      struct parameter *parameters, size_t *count)
{
    struct place outer = place_name(place, "parameters");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place here = place_index(&outer, i);
        json_t *json = schema_resolve(loader, json_array_get(list, i), &here);
        struct parameter parameter;
        if (!json || !load_one(loader, json, &here, &parameter))
            return false;
        struct parameter *replaced = find(parameters, *count, &parameter);
        *(replaced ? replaced : &parameters[(*count)++]) = parameter;
    }
    return true;
}

/* Path parameters in template order, as the router counts them. */
static bool take_path(struct schema_loader *loader, struct parameter *from, size_t count,
                      const struct place *place, struct operation *operation,
                      struct parameter *parameters)
{
    struct str rest = str_from(operation->path), segment;
    while (str_split(&rest, '/', &segment)) {
        if (!str_starts_with(segment, STR("{")))
            continue;
        struct str name = str_slice(segment, 1, segment.len - 1);
        const char *text = arena_cstr(loader->arena, name);
        struct parameter *found =
            find(from, count, &(struct parameter){.name = text, .place = IN_PATH});
        if (!found || !found->required)
            return schema_refuse(loader, place, "path parameter '%s' is not declared as required",
                                 text);
        parameters[operation->parameter_count++] = *found;
    }
    for (size_t i = 0; i < count; i++) {
        if (from[i].place == IN_PATH && !find(parameters, operation->parameter_count, &from[i]))
            return schema_refuse(loader, place, "the path has no parameter '%s'", from[i].name);
    }
    return true;
}

static void take(const struct parameter *from, size_t count, enum parameter_place place,
                 struct operation *operation, struct parameter *parameters)
{
    for (size_t i = 0; i < count; i++) {
        if (from[i].place == place)
            parameters[operation->parameter_count++] = from[i];
    }
}

bool parameters_load(struct schema_loader *loader, json_t *of_path, json_t *of_operation,
                     const struct place *place, struct operation *operation)
{
    size_t room = json_array_size(of_path) + json_array_size(of_operation), count = 0;
    struct parameter *all = ARENA_ARRAY(loader->arena, room + 1, struct parameter);
    struct parameter *ordered = ARENA_ARRAY(loader->arena, room + 1, struct parameter);
    if (!load_list(loader, of_path, place->outer, all, &count) ||
        !load_list(loader, of_operation, place, all, &count) ||
        !take_path(loader, all, count, place, operation, ordered))
        return false;
    take(all, count, IN_QUERY, operation, ordered);
    take(all, count, IN_HEADER, operation, ordered);
    operation->parameters = ordered;
    const struct parameter idempotency = {.name = "Idempotency-Key", .place = IN_HEADER};
    operation->takes_idempotency_key = find(all, count, &idempotency) != NULL;
    return true;
}
