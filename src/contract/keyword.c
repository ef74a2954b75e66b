#include "contract/keyword.h"

#include "base/buf.h"
#include "base/json_write.h"

/* What one keyword's loader works on. */
struct keyword_input {
    struct schema_loader *loader;
    json_t *value;
    const struct place *place;
    struct schema *schema;
};

static bool load_length(const struct keyword_input *in, size_t *ret_length)
{
    if (!json_is_integer(in->value) || json_integer_value(in->value) < 0)
        return schema_refuse(in->loader, in->place, "a length is an integer from 0");
    *ret_length = (size_t)json_integer_value(in->value);
    return true;
}

static bool load_min_length(const struct keyword_input *in)
{
    return load_length(in, &in->schema->min_length);
}

static bool load_max_length(const struct keyword_input *in)
{
    return load_length(in, &in->schema->max_length);
}

static struct str number_text(struct arena *arena, const json_t *value)
{
    struct buf text;
    buf_init(&text, 64);
    struct json_writer w = jw_to(&text);
    jw_value(&w, value);
    struct str copy = arena_str(arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static bool load_bound(const struct keyword_input *in, enum bound_kind kind)
{
    if (!json_is_number(in->value))
        return schema_refuse(in->loader, in->place, "a bound is a number");
    if (in->schema->kind == SCHEMA_INTEGER && !json_is_integer(in->value))
        return schema_refuse(in->loader, in->place, "the bound of an integer is an integer");
    in->schema->bounds[kind] = (struct bound){
        .is_set = true,
        .integer = json_integer_value(in->value),
        .real = json_number_value(in->value),
        .text = number_text(in->loader->arena, in->value),
    };
    return true;
}

static bool load_minimum(const struct keyword_input *in)
{
    return load_bound(in, BOUND_AT_LEAST);
}

static bool load_maximum(const struct keyword_input *in)
{
    return load_bound(in, BOUND_AT_MOST);
}

static bool load_exclusive_minimum(const struct keyword_input *in)
{
    return load_bound(in, BOUND_ABOVE);
}

static bool load_exclusive_maximum(const struct keyword_input *in)
{
    return load_bound(in, BOUND_BELOW);
}

static bool load_pattern(const struct keyword_input *in)
{
    int code;
    PCRE2_SIZE offset;
    struct str pattern = str_from(json_string_value(in->value));
    if (str_is_null(pattern))
        return schema_refuse(in->loader, in->place, "a pattern is a string");
    pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
                                      &code, &offset, NULL);
    if (!regex)
        return schema_refuse(in->loader, in->place, "bad pattern at character %zu", offset);
    /* Without JIT the interpreter does the same, so its result does not matter. */
    pcre2_jit_compile(regex, PCRE2_JIT_COMPLETE);
    struct regex *kept = ARENA_NEW(in->loader->arena, struct regex);
    *kept = (struct regex){*in->loader->regexes, regex};
    *in->loader->regexes = kept;
    in->schema->pattern = pattern;
    in->schema->regex = regex;
    return true;
}

/* How Python prints the members: 'a', 'b' or 'c'. */
static struct str expected_text(struct arena *arena, const struct enum_member *members,
                                size_t count)
{
    struct str text = STR("");
    for (size_t i = 0; i < count; i++) {
        const char *glue = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        text = str_is_null(members[i].text) ? arena_printf(arena, "%.*s%s%lld", STR_FMT(text), glue,
                                                           (long long)members[i].integer)
                                            : arena_printf(arena, "%.*s%s'%.*s'", STR_FMT(text),
                                                           glue, STR_FMT(members[i].text));
    }
    return text;
}

static bool load_enum(const struct keyword_input *in)
{
    struct schema *schema = in->schema;
    size_t size = json_array_size(in->value), count = 0;
    struct enum_member *members = ARENA_ARRAY(in->loader->arena, size + 1, struct enum_member);
    for (size_t i = 0; i < size; i++) {
        json_t *member = json_array_get(in->value, i);
        bool fits = schema->enum_is_integer ? json_is_integer(member) : json_is_string(member);
        if (json_is_null(member) && schema->nullable)
            continue;
        if (!fits)
            return schema_refuse(in->loader, in->place, "a member is not of the enum's type");
        members[count++] =
            (struct enum_member){str_from(json_string_value(member)), json_integer_value(member)};
    }
    if (count == 0)
        return schema_refuse(in->loader, in->place, "an enum has members");
    schema->enum_members = members;
    schema->enum_count = count;
    schema->expected = expected_text(in->loader->arena, members, count);
    return true;
}

/* A schema inside an object or a list. */
static const struct schema *load_nested(const struct keyword_input *in, json_t *json,
                                        const struct place *place)
{
    in->loader->nesting++;
    const struct schema *schema = schema_load(in->loader, json, place);
    in->loader->nesting--;
    return schema;
}

static bool load_items(const struct keyword_input *in)
{
    in->schema->items = load_nested(in, in->value, in->place);
    return in->schema->items != NULL;
}

static bool is_required(json_t *required, const char *name)
{
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *item = json_string_value(json_array_get(required, i));
        if (item && strcmp(item, name) == 0)
            return true;
    }
    return false;
}

static bool load_properties(const struct keyword_input *in)
{
    if (!json_is_object(in->value))
        return schema_refuse(in->loader, in->place, "properties is an object");
    struct schema *schema = in->schema;
    schema->is_model = true;
    schema->fields =
        ARENA_ARRAY(in->loader->arena, json_object_size(in->value) + 1, struct schema_field);
    const char *name;
    json_t *json;
    json_object_foreach (in->value, name, json) {
        struct place here = place_name(in->place, name);
        struct schema_field *field = &schema->fields[schema->field_count++];
        const json_t *fallback = json_object_get(json, "default");
        field->name = name;
        field->fallback = json_is_null(fallback) ? NULL : fallback;
        field->schema = load_nested(in, json, &here);
        if (!field->schema)
            return false;
    }
    return true;
}

/* Comes after properties in the table, so the fields are there. */
static bool load_required(const struct keyword_input *in)
{
    struct schema *schema = in->schema;
    size_t found = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        schema->fields[i].required = is_required(in->value, schema->fields[i].name);
        found += schema->fields[i].required;
    }
    if (!json_is_array(in->value) || found != json_array_size(in->value))
        return schema_refuse(in->loader, in->place, "required names what properties lacks");
    return true;
}

static bool load_additional(const struct keyword_input *in)
{
    if (json_is_boolean(in->value)) {
        in->schema->extras = json_is_true(in->value) ? EXTRAS_KEEP : EXTRAS_FORBID;
        return true;
    }
    in->schema->extras = EXTRAS_CHECK;
    in->schema->extra = load_nested(in, in->value, in->place);
    return in->schema->extra != NULL;
}

/* Annotations, which may stand beside a $ref or a union too. */
static bool load_nothing(const struct keyword_input *in UNUSED)
{
    return true;
}

/* Made the schema's kind already. */
static bool load_type(const struct keyword_input *in UNUSED)
{
    return true;
}

#define KIND(kind) (1U << (kind))
enum {
    NUMBERS = KIND(SCHEMA_INTEGER) | KIND(SCHEMA_NUMBER),
    EVERY_KIND = KIND(SCHEMA_KIND_COUNT) - 1,
};

/* Every keyword a schema may have, and the kinds for which it is enforced. In order of loading. */
static const struct keyword {
    const char *name;
    unsigned kinds;
    bool (*load)(const struct keyword_input *in);
} keywords[] = {
    {"title", EVERY_KIND, load_nothing},
    {"description", EVERY_KIND, load_nothing},
    {"example", EVERY_KIND, load_nothing},
    {"examples", EVERY_KIND, load_nothing},
    {"deprecated", EVERY_KIND, load_nothing},
    {"default", EVERY_KIND, load_nothing},  /* read by whoever holds the schema */
    {"nullable", EVERY_KIND, load_nothing}, /* this one and the next two: read by schema.c */
    {"type", EVERY_KIND, load_type},
    {"format", EVERY_KIND, load_type},
    {"enum", KIND(SCHEMA_ENUM), load_enum},
    {"minLength", KIND(SCHEMA_STRING), load_min_length},
    {"maxLength", KIND(SCHEMA_STRING), load_max_length},
    {"pattern", KIND(SCHEMA_STRING), load_pattern},
    {"minimum", NUMBERS, load_minimum},
    {"maximum", NUMBERS, load_maximum},
    {"exclusiveMinimum", NUMBERS, load_exclusive_minimum},
    {"exclusiveMaximum", NUMBERS, load_exclusive_maximum},
    {"items", KIND(SCHEMA_LIST), load_items},
    {"minItems", KIND(SCHEMA_LIST), load_min_length},
    {"maxItems", KIND(SCHEMA_LIST), load_max_length},
    {"properties", KIND(SCHEMA_OBJECT), load_properties},
    {"required", KIND(SCHEMA_OBJECT), load_required},
    {"additionalProperties", KIND(SCHEMA_OBJECT), load_additional},
    {"minProperties", KIND(SCHEMA_OBJECT), load_min_length},
    {"maxProperties", KIND(SCHEMA_OBJECT), load_max_length},
};

static const struct keyword *keyword_find(const char *name)
{
    for (size_t i = 0; i < countof(keywords); i++) {
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    }
    return NULL;
}

/* Nothing may be ignored: each key is known, and known for this kind of schema. */
static bool check_keys(struct schema_loader *loader, json_t *json, const struct place *place,
                       enum schema_kind kind)
{
    const char *name;
    json_t *value;
    json_object_foreach (json, name, value) {
        const struct keyword *keyword = keyword_find(name);
        if (!keyword || !(keyword->kinds & KIND(kind)))
            return schema_refuse(loader, place, "unsupported keyword '%s' here", name);
    }
    return true;
}

bool keywords_load(struct schema_loader *loader, json_t *json, const struct place *place,
                   struct schema *schema)
{
    if (!check_keys(loader, json, place, schema->kind))
        return false;
    for (size_t i = 0; i < countof(keywords); i++) {
        json_t *value = json_object_get(json, keywords[i].name);
        struct place here = place_name(place, keywords[i].name);
        if (value && !keywords[i].load(&(struct keyword_input){loader, value, &here, schema}))
            return false;
    }
    return true;
}

bool keywords_annotate(struct schema_loader *loader, json_t *json, const struct place *place,
                       const char *besides)
{
    const char *name;
    json_t *value;
    json_object_foreach (json, name, value) {
        const struct keyword *keyword = keyword_find(name);
        bool annotation = keyword && keyword->load == load_nothing;
        if (!annotation && strcmp(name, besides) != 0)
            return schema_refuse(loader, place, "unsupported keyword '%s' beside %s", name,
                                 besides);
    }
    return true;
}
