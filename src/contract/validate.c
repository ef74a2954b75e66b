#include "contract/validate.h"

#include "base/mem.h"
#include "contract/scalar.h"

static json_t *refuse(struct violations *violations, const struct place *place, enum fault fault,
                      const json_t *input)
{
    violations_add(violations, place, &(struct complaint){.fault = fault}, input_json(input));
    return NULL;
}

/* Nothing more would be recorded: the rest need not be looked at. */
static bool is_full(const struct violations *violations)
{
    return violations->count == VIOLATIONS_MAX;
}

/* A value that is copied when it first has to change. */
struct copy {
    json_t *original;
    json_t *value; /* owned; NULL: not changed */
};

static json_t *copy_writable(struct copy *copy)
{
    if (!copy->value)
        copy->value = json_copy(copy->original);
    if (!copy->value)
        mem_die(0);
    return copy->value;
}

/* The result of a check: owned by the caller. */
static json_t *copy_result(struct copy *copy, bool ok)
{
    if (ok)
        return copy->value ? copy->value : json_incref(copy->original);
    json_decref(copy->value);
    return NULL;
}

/* --- scalars ------------------------------------------------------------------------------ */

static struct scalar scalar_of(const json_t *value)
{
    if (json_is_string(value))
        return scalar_text(str_of(json_string_value(value), json_string_length(value)));
    if (json_is_integer(value))
        return (struct scalar){.kind = SCALAR_INTEGER, .integer = json_integer_value(value)};
    if (json_is_real(value))
        return (struct scalar){.kind = SCALAR_REAL, .real = json_real_value(value)};
    if (json_is_boolean(value))
        return (struct scalar){.kind = SCALAR_BOOLEAN, .boolean = json_is_true(value)};
    return (struct scalar){.kind = SCALAR_OTHER};
}

static json_t *json_of(const struct scalar *scalar)
{
    if (scalar->kind == SCALAR_TEXT)
        return json_stringn(scalar->text.ptr, scalar->text.len);
    if (scalar->kind == SCALAR_INTEGER)
        return json_integer(scalar->integer);
    if (scalar->kind == SCALAR_REAL)
        return json_real(scalar->real);
    return json_boolean(scalar->boolean);
}

static json_t *scalar_result(json_t *value, const struct scalar *in, const struct scalar *out)
{
    if (in->kind == out->kind && in->text.ptr == out->text.ptr)
        return json_incref(value);
    json_t *changed = json_of(out);
    if (!changed)
        mem_die(0);
    return changed;
}

static json_t *walk_scalar(const struct schema *schema, json_t *value, const struct place *place,
                           struct violations *violations)
{
    struct scalar in = scalar_of(value), out;
    struct complaint complaint;
    if (scalar_check(schema, in, false, violations->arena, &out, &complaint))
        return scalar_result(value, &in, &out);
    violations_add(violations, place, &complaint, input_json(value));
    return NULL;
}

static json_t *walk_any(const struct schema *schema UNUSED, json_t *value,
                        const struct place *place UNUSED, struct violations *violations UNUSED)
{
    return json_incref(value);
}

/* --- lists -------------------------------------------------------------------------------- */

static void complain_length(struct complaint *complaint, enum fault fault, size_t limit,
                            const char *collection, size_t actual, struct arena *arena)
{
    *complaint = (struct complaint){fault, arena_printf(arena, "%zu", limit), collection, actual};
}

static const char *collection_of(const struct schema *schema)
{
    return schema->kind == SCHEMA_LIST ? "List" : "Dictionary";
}

bool list_is_too_long(const struct schema *schema, size_t length, struct arena *arena,
                      struct complaint *ret_complaint)
{
    if (length <= schema->max_length)
        return false;
    complain_length(ret_complaint, FAULT_TOO_LONG, schema->max_length, collection_of(schema),
                    length, arena);
    return true;
}

bool list_is_too_short(const struct schema *schema, size_t length, struct arena *arena,
                       struct complaint *ret_complaint)
{
    if (length >= schema->min_length)
        return false;
    complain_length(ret_complaint, FAULT_TOO_SHORT, schema->min_length, collection_of(schema),
                    length, arena);
    return true;
}

static bool walk_items(const struct schema *items, struct copy *copy, const struct place *place,
                       struct violations *violations)
{
    bool ok = true;
    for (size_t i = 0; i < json_array_size(copy->original) && (ok || !is_full(violations)); i++) {
        struct place here = place_index(place, i);
        json_t *item = json_array_get(copy->original, i);
        json_t *checked = validate(items, item, &here, violations);
        ok &= checked != NULL;
        if (checked && checked != item)
            json_array_set(copy_writable(copy), i, checked);
        json_decref(checked);
    }
    return ok;
}

static json_t *walk_list(const struct schema *schema, json_t *value, const struct place *place,
                         struct violations *violations)
{
    if (!json_is_array(value))
        return refuse(violations, place, FAULT_LIST_TYPE, value);
    size_t length = json_array_size(value);
    struct copy copy = {.original = value};
    struct complaint complaint;
    bool ok = !list_is_too_long(schema, length, violations->arena, &complaint);
    if (ok && schema->items && !walk_items(schema->items, &copy, place, violations))
        return copy_result(&copy, false);
    ok = ok && !list_is_too_short(schema, length, violations->arena, &complaint);
    if (!ok)
        violations_add(violations, place, &complaint, input_json(value));
    return copy_result(&copy, ok);
}

/* --- objects ------------------------------------------------------------------------------ */

static bool absent_field(const struct schema_field *field, struct copy *copy,
                         const struct place *here, struct violations *violations)
{
    if (field->required)
        return refuse(violations, here, FAULT_MISSING, copy->original) != NULL;
    if (field->fallback)
        json_object_set_new(copy_writable(copy), field->name, json_deep_copy(field->fallback));
    return true;
}

static bool present_value(const struct schema *schema, const char *name, json_t *value,
                          struct copy *copy, const struct place *here,
                          struct violations *violations)
{
    json_t *checked = validate(schema, value, here, violations);
    if (checked && checked != value)
        json_object_set(copy_writable(copy), name, checked);
    json_decref(checked);
    return checked != NULL;
}

/* Checks the declared fields in their order and counts those that are there. */
static bool walk_fields(const struct schema *schema, struct copy *copy, const struct place *place,
                        struct violations *violations, size_t *ret_known)
{
    bool ok = true;
    size_t known = 0;
    for (size_t i = 0; i < schema->field_count && (ok || !is_full(violations)); i++) {
        const struct schema_field *field = &schema->fields[i];
        struct place here = place_name(place, field->name);
        json_t *value = json_object_get(copy->original, field->name);
        known += value != NULL;
        ok &= value ? present_value(field->schema, field->name, value, copy, &here, violations)
                    : absent_field(field, copy, &here, violations);
    }
    *ret_known = known;
    return ok;
}

static bool is_declared(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, key) == 0)
            return true;
    }
    return false;
}

static bool walk_extra(const struct schema *schema, const char *key, json_t *value,
                       struct copy *copy, const struct place *place, struct violations *violations)
{
    struct place here = place_name(place, key);
    if (schema->extras == EXTRAS_CHECK)
        return present_value(schema->extra, key, value, copy, &here, violations);
    if (schema->extras == EXTRAS_FORBID)
        return refuse(violations, &here, FAULT_EXTRA_FORBIDDEN, value) != NULL;
    json_object_del(copy_writable(copy), key);
    return true;
}

static bool walk_extras(const struct schema *schema, struct copy *copy, const struct place *place,
                        struct violations *violations)
{
    bool ok = true;
    const char *key;
    json_t *value;
    json_object_foreach (copy->original, key, value) {
        if (!ok && is_full(violations))
            break;
        if (!is_declared(schema, key))
            ok &= walk_extra(schema, key, value, copy, place, violations);
    }
    return ok;
}

static json_t *walk_object(const struct schema *schema, json_t *value, const struct place *place,
                           struct violations *violations)
{
    if (!json_is_object(value))
        return refuse(violations, place, schema->is_model ? FAULT_MODEL_TYPE : FAULT_DICT_TYPE,
                      value);
    size_t length = json_object_size(value), known;
    struct copy copy = {.original = value};
    bool ok = walk_fields(schema, &copy, place, violations, &known);
    if (known < length && schema->extras != EXTRAS_KEEP)
        ok &= walk_extras(schema, &copy, place, violations);
    struct complaint complaint;
    if (ok && (list_is_too_long(schema, length, violations->arena, &complaint) ||
               list_is_too_short(schema, length, violations->arena, &complaint))) {
        violations_add(violations, place, &complaint, input_json(value));
        ok = false;
    }
    return copy_result(&copy, ok);
}

/* --- unions ------------------------------------------------------------------------------- */

/* The first member that has the value as it is, as pydantic prefers. Objects and lists need no
 * such round: a union has one member at most for each (schema_loader_check). */
static json_t *walk_strict(const struct schema *schema, json_t *value, struct arena *arena)
{
    struct scalar in = scalar_of(value), out;
    struct complaint ignored;
    for (size_t i = 0; i < schema->member_count; i++) {
        const struct schema *member = schema->members[i];
        if (schema_is_scalar(member) && scalar_check(member, in, true, arena, &out, &ignored))
            return scalar_result(value, &in, &out);
    }
    return NULL;
}

static json_t *walk_union(const struct schema *schema, json_t *value, const struct place *place,
                          struct violations *violations)
{
    if (schema->member_count == 1)
        return validate(schema->members[0], value, place, violations);
    json_t *checked = walk_strict(schema, value, violations->arena);
    size_t before = violations->count;
    for (size_t i = 0; !checked && i < schema->member_count; i++) {
        struct place here = {place, schema->members[i]->tag, 0};
        checked = validate(schema->members[i], value, &here, violations);
    }
    if (checked)
        violations->count = before;
    return checked;
}

json_t *validate(const struct schema *schema, json_t *value, const struct place *place,
                 struct violations *violations)
{
    static json_t *(*const walkers[SCHEMA_KIND_COUNT])(
        const struct schema *, json_t *, const struct place *, struct violations *) = {
        [SCHEMA_ANY] = walk_any,        [SCHEMA_STRING] = walk_scalar,
        [SCHEMA_UUID] = walk_scalar,    [SCHEMA_TIME] = walk_scalar,
        [SCHEMA_INTEGER] = walk_scalar, [SCHEMA_NUMBER] = walk_scalar,
        [SCHEMA_BOOLEAN] = walk_scalar, [SCHEMA_ENUM] = walk_scalar,
        [SCHEMA_LIST] = walk_list,      [SCHEMA_OBJECT] = walk_object,
        [SCHEMA_UNION] = walk_union,
    };
    if (json_is_null(value) && schema->nullable)
        return json_incref(value);
    return walkers[schema->kind](schema, value, place, violations);
}
