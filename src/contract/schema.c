#include "contract/schema.h"

#include "base/buf.h"
#include "contract/keyword.h"

/* A schema that $refs share. It is entered before it is compiled, so that it may contain itself
 * inside an object or a list. */
struct schema_ref {
    struct schema schema;
    bool in_progress;
    size_t nesting; /* the loader's, when its compilation began */
};

struct schema_union {
    struct schema_union *next;
    const struct schema *schema;
    struct str place;
};

static bool compile(struct schema_loader *loader, json_t *json, const struct place *place,
                    struct schema *schema);

void schema_loader_init(struct schema_loader *loader)
{
    map_init(&loader->refs);
}

void schema_loader_finish(struct schema_loader *loader)
{
    map_finish(&loader->refs);
}

/* --- errors ------------------------------------------------------------------------------- */

static void append_escaped(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '~' || name.ptr[i] == '/')
            buf_append_str(out, name.ptr[i] == '~' ? STR("~0") : STR("~1"));
        else
            buf_append_char(out, name.ptr[i]);
    }
}

/* A JSON pointer (RFC 6901). */
static void append_pointer(struct buf *out, const struct place *place)
{
    if (!place)
        return;
    append_pointer(out, place->outer);
    buf_append_char(out, '/');
    if (str_is_null(place->name))
        buf_printf(out, "%zu", place->index);
    else
        append_escaped(out, place->name);
}

static struct str pointer_of(struct arena *arena, const struct place *place)
{
    struct buf text;
    buf_init(&text, 4096);
    append_pointer(&text, place);
    struct str pointer = arena_str(arena, buf_str(&text));
    buf_finish(&text);
    return pointer;
}

bool schema_refuse(struct schema_loader *loader, const struct place *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str message = arena_vprintf(loader->arena, format, args);
    va_end(args);
    struct str pointer = pointer_of(loader->arena, place);
    return err_set(loader->err, ERR_INVALID, "%s: %.*s: %.*s", loader->document, STR_FMT(pointer),
                   STR_FMT(message));
}

/* --- types -------------------------------------------------------------------------------- */

/* A type and format, the kind they make and the kind's name in the loc of a union. The first row
 * of a type has no format; it also stands for a missing one. */
static const struct type_row {
    const char *type, *format;
    enum schema_kind kind;
    const char *tag;
} types[] = {
    {"string", NULL, SCHEMA_STRING, "str"},    {"string", "password", SCHEMA_STRING, "str"},
    {"string", "uuid", SCHEMA_UUID, "uuid"},   {"string", "date-time", SCHEMA_TIME, "datetime"},
    {"integer", NULL, SCHEMA_INTEGER, "int"},  {"integer", "int64", SCHEMA_INTEGER, "int"},
    {"number", NULL, SCHEMA_NUMBER, "float"},  {"number", "double", SCHEMA_NUMBER, "float"},
    {"boolean", NULL, SCHEMA_BOOLEAN, "bool"}, {"array", NULL, SCHEMA_LIST, "list"},
    {"object", NULL, SCHEMA_OBJECT, "dict"},
};

static const struct type_row *type_find(const char *type, const char *format)
{
    for (size_t i = 0; i < countof(types); i++) {
        bool same_format = format ? types[i].format && strcmp(types[i].format, format) == 0
                                  : types[i].format == NULL;
        if (same_format && strcmp(types[i].type, type) == 0)
            return &types[i];
    }
    return NULL;
}

/* "type": a name, or in 3.1 a name and "null" in either order. */
static const char *type_name(json_t *type, bool *nullable)
{
    if (!json_is_array(type))
        return json_string_value(type);
    const char *name = NULL;
    for (size_t i = 0; i < json_array_size(type); i++) {
        const char *item = json_string_value(json_array_get(type, i));
        if (item && strcmp(item, "null") == 0)
            *nullable = true;
        else if (name || !item)
            return NULL;
        else
            name = item;
    }
    return name;
}

static bool make_enum(struct schema_loader *loader, const struct place *place,
                      struct schema *schema)
{
    if (schema->kind != SCHEMA_STRING && schema->kind != SCHEMA_INTEGER)
        return schema_refuse(loader, place, "an enum is of strings or of integers");
    schema->enum_is_integer = schema->kind == SCHEMA_INTEGER;
    schema->kind = SCHEMA_ENUM;
    return true;
}

/* What pydantic calls the member of a union in loc: "str", "constrained-str", "list[int]". */
static void complete_tag(struct schema_loader *loader, struct schema *schema)
{
    struct str inner = STR("any");
    if (schema->items || schema->extra)
        inner = (schema->items ? schema->items : schema->extra)->tag;
    if (schema->kind == SCHEMA_LIST)
        schema->tag = arena_printf(loader->arena, "list[%.*s]", STR_FMT(inner));
    if (schema->kind == SCHEMA_OBJECT)
        schema->tag = arena_printf(loader->arena, "dict[str,%.*s]", STR_FMT(inner));
    bool bounded = schema->min_length > 0 || schema->max_length < SIZE_MAX || schema->regex;
    for (size_t i = 0; i < BOUND_COUNT; i++)
        bounded |= schema->bounds[i].is_set;
    if (bounded && schema_is_scalar(schema))
        schema->tag = arena_printf(loader->arena, "constrained-%.*s", STR_FMT(schema->tag));
}

static bool compile_typed(struct schema_loader *loader, json_t *json, const struct place *place,
                          struct schema *schema)
{
    const char *name = type_name(json_object_get(json, "type"), &schema->nullable);
    const char *format = json_string_value(json_object_get(json, "format"));
    const struct type_row *row = name ? type_find(name, format) : NULL;
    if (!row)
        return schema_refuse(loader, place, "unsupported type or format '%s' '%s'",
                             name ? name : "?", format ? format : "");
    schema->kind = row->kind;
    schema->tag = str_from(row->tag);
    schema->nullable |= json_is_true(json_object_get(json, "nullable"));
    if (json_object_get(json, "enum") && !make_enum(loader, place, schema))
        return false;
    if (schema->kind == SCHEMA_OBJECT && !json_object_get(json, "properties"))
        schema->extras = EXTRAS_KEEP;
    if (!keywords_load(loader, json, place, schema))
        return false;
    complete_tag(loader, schema);
    return true;
}

/* No type: anything at all, so no keyword may pretend to limit it. */
static bool compile_any(struct schema_loader *loader, json_t *json, const struct place *place,
                        struct schema *schema)
{
    schema->kind = SCHEMA_ANY;
    schema->nullable = true;
    schema->tag = STR("any");
    return keywords_load(loader, json, place, schema);
}

/* --- unions ------------------------------------------------------------------------------- */

static bool is_null_schema(json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    return type && strcmp(type, "null") == 0 && json_object_size(json) == 1;
}

static void note_union(struct schema_loader *loader, const struct schema *schema,
                       const struct place *place)
{
    struct schema_union *note = ARENA_NEW(loader->arena, struct schema_union);
    *note = (struct schema_union){loader->unions, schema, pointer_of(loader->arena, place)};
    loader->unions = note;
}

static bool compile_union(struct schema_loader *loader, json_t *json, const struct place *place,
                          struct schema *schema, const char *keyword)
{
    json_t *members = json_object_get(json, keyword);
    struct place list = place_name(place, keyword);
    if (!keywords_annotate(loader, json, place, keyword))
        return false;
    schema->kind = SCHEMA_UNION;
    schema->nullable = json_is_true(json_object_get(json, "nullable"));
    schema->members =
        ARENA_ARRAY(loader->arena, json_array_size(members) + 1, const struct schema *);
    for (size_t i = 0; i < json_array_size(members); i++) {
        json_t *member = json_array_get(members, i);
        struct place here = place_index(&list, i);
        if (is_null_schema(member)) {
            schema->nullable = true;
            continue;
        }
        const struct schema *loaded = schema_load(loader, member, &here);
        if (!loaded)
            return false;
        schema->members[schema->member_count++] = loaded;
    }
    if (schema->member_count == 0)
        return schema_refuse(loader, &list, "no member but null");
    if (strcmp(keyword, "allOf") == 0 && schema->member_count > 1)
        return schema_refuse(loader, &list, "allOf of more than one schema is not supported");
    schema->tag = schema->members[0]->tag;
    note_union(loader, schema, place);
    return true;
}

/* A union of two objects would need a discriminator: without one, checking nested values could
 * take time exponential in their depth, and clients would get errors for shapes they never meant.
 */
bool schema_loader_check(struct schema_loader *loader)
{
    for (struct schema_union *note = loader->unions; note; note = note->next) {
        size_t objects = 0, lists = 0, unions = 0;
        const struct schema *schema = note->schema;
        for (size_t i = 0; i < schema->member_count; i++) {
            objects += schema->members[i]->kind == SCHEMA_OBJECT;
            lists += schema->members[i]->kind == SCHEMA_LIST;
            unions += schema->members[i]->kind == SCHEMA_UNION;
        }
        if (objects > 1 || lists > 1 || (unions > 0 && schema->member_count > 1))
            return err_set(loader->err, ERR_INVALID,
                           "%s: %.*s: a union has one object, one list and no union in it at most",
                           loader->document, STR_FMT(note->place));
    }
    return true;
}

/* --- references --------------------------------------------------------------------------- */

json_t *schema_resolve(struct schema_loader *loader, json_t *json, const struct place *place)
{
    enum { CHAIN_MAX = 8 };
    for (int i = 0; i < CHAIN_MAX; i++) {
        json_t *ref = json_object_get(json, "$ref");
        if (!ref)
            return json;
        struct str rest = str_from(json_string_value(ref)), part;
        if (str_is_null(rest) || !str_starts_with(rest, STR("#/")))
            break;
        rest = str_slice(rest, 2, rest.len);
        json = loader->root;
        while (json && str_split(&rest, '/', &part))
            json = json_object_getn(json, part.ptr, part.len);
        if (!json)
            break;
    }
    schema_refuse(loader, place, "the reference leads nowhere");
    return NULL;
}

/* "X" of "#/components/schemas/X". */
static struct str ref_name(struct str ref)
{
    struct str part = ref;
    while (str_split(&ref, '/', &part))
        ;
    return part;
}

static const struct schema *load_ref(struct schema_loader *loader, json_t *json,
                                     const struct place *place)
{
    struct str key = str_from(json_string_value(json_object_get(json, "$ref")));
    json_t *target = schema_resolve(loader, json, place);
    if (!target || !keywords_annotate(loader, json, place, "$ref"))
        return NULL;
    struct schema_ref *ref = map_get(&loader->refs, key);
    if (ref && ref->in_progress && ref->nesting == loader->nesting) {
        schema_refuse(loader, place, "a schema that is nothing but itself");
        return NULL;
    }
    if (ref)
        return &ref->schema;
    ref = ARENA_NEW(loader->arena, struct schema_ref);
    ref->in_progress = true;
    ref->nesting = loader->nesting;
    map_put(&loader->refs, key, ref);
    struct place there = place_name(NULL, key.ptr);
    if (!compile(loader, target, &there, &ref->schema))
        return NULL;
    ref->in_progress = false;
    if (ref->schema.is_model || ref->schema.kind == SCHEMA_ENUM)
        ref->schema.tag = ref_name(key);
    return &ref->schema;
}

static bool compile(struct schema_loader *loader, json_t *json, const struct place *place,
                    struct schema *schema)
{
    static const char *const combinations[] = {"anyOf", "oneOf", "allOf"};
    schema->max_length = SIZE_MAX;
    if (!json_is_object(json))
        return schema_refuse(loader, place, "a schema is an object");
    for (size_t i = 0; i < countof(combinations); i++) {
        if (json_object_get(json, combinations[i]))
            return compile_union(loader, json, place, schema, combinations[i]);
    }
    return json_object_get(json, "type") ? compile_typed(loader, json, place, schema)
                                         : compile_any(loader, json, place, schema);
}

const struct schema *schema_load(struct schema_loader *loader, json_t *json,
                                 const struct place *place)
{
    if (json_object_get(json, "$ref"))
        return load_ref(loader, json, place);
    struct schema *schema = ARENA_NEW(loader->arena, struct schema);
    return compile(loader, json, place, schema) ? schema : NULL;
}
