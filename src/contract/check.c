#include "contract/check.h"

#include "base/json_read.h"
#include "base/mem.h"
#include "contract/parameter.h"
#include "contract/scalar.h"
#include "contract/schema.h"
#include "contract/uri.h"
#include "contract/validate.h"

static const struct json_limits body_limits = {.depth = 64, .values = 200000};

/* One request under check. */
struct request {
    const struct route_match *match;
    const struct contract_input *input;
    struct arena *arena;
    struct checked_value *values;
    struct violations *violations;
};

static const struct place places[] = {
    [IN_PATH] = {NULL, {"path", 4}, 0},
    [IN_QUERY] = {NULL, {"query", 5}, 0},
    [IN_HEADER] = {NULL, {"header", 6}, 0},
};

static const struct place body_place = {NULL, {"body", 4}, 0};

static void add_text(struct request *request, const struct place *place,
                     const struct complaint *complaint, struct str input)
{
    violations_add(request->violations, place, complaint, input_text(input));
}

/* --- parameters --------------------------------------------------------------------------- */

static bool check_text(struct request *request, const struct schema *schema, struct str text,
                       const struct place *place, struct scalar *ret_out)
{
    struct complaint complaint = {.fault = FAULT_STRING_UNICODE};
    if (text_is_clean(text) &&
        scalar_check(schema, scalar_text(text), false, request->arena, ret_out, &complaint))
        return true;
    add_text(request, place, &complaint, text);
    return false;
}

static void check_scalar(struct request *request, const struct parameter *parameter,
                         struct checked_value *value, const struct place *place)
{
    struct scalar out;
    if (!check_text(request, parameter->schema, value->text, place, &out))
        return;
    value->text = out.text;
    value->integer = out.integer;
    value->real = out.real;
    value->boolean = out.boolean;
}

/* The texts of a list were kept as sent; they are replaced by what they mean. */
static void check_list(struct request *request, const struct parameter *parameter,
                       struct checked_value *value, const struct place *place)
{
    const struct schema *schema = parameter->schema;
    const struct violation_input input = {.list = value->items, .list_length = value->item_count};
    struct complaint complaint;
    if (list_is_too_long(schema, value->item_count, request->arena, &complaint)) {
        violations_add(request->violations, place, &complaint, input);
        return;
    }
    size_t before = request->violations->count;
    for (size_t i = 0; i < value->item_count; i++) {
        struct place here = place_index(place, i);
        struct scalar out;
        if (check_text(request, parameter_schema(schema->items), value->items[i], &here, &out) &&
            out.kind == SCALAR_TEXT)
            value->items[i] = out.text;
    }
    if (request->violations->count == before &&
        list_is_too_short(schema, value->item_count, request->arena, &complaint))
        violations_add(request->violations, place, &complaint, input);
}

static void check_parameter(struct request *request, const struct parameter *parameter,
                            struct checked_value *value)
{
    struct place place = place_name(&places[parameter->place], parameter->name);
    if (!value->is_sent && parameter->required)
        add_text(request, &place, &(struct complaint){.fault = FAULT_MISSING}, STR_NULL);
    if (!value->is_sent)
        value->text = parameter->default_text;
    value->is_set = !str_is_null(value->text) || value->item_count > 0;
    if (!value->is_set)
        return;
    if (parameter->is_list)
        check_list(request, parameter, value, &place);
    else
        check_scalar(request, parameter, value, &place);
}

static const struct parameter *query_parameter(const struct operation *operation, struct str name,
                                               size_t *ret_index)
{
    for (size_t i = 0; i < operation->parameter_count; i++) {
        const struct parameter *parameter = &operation->parameters[i];
        if (parameter->place == IN_QUERY && str_eq(str_from(parameter->name), name)) {
            *ret_index = i;
            return parameter;
        }
    }
    return NULL;
}

/* A list grows in the arena by doubling. */
static void append_item(struct request *request, struct checked_value *value, struct str item)
{
    size_t count = value->item_count;
    bool is_power = (count & (count - 1)) == 0;
    if (is_power) {
        struct str *items = ARENA_ARRAY(request->arena, count == 0 ? 1 : count * 2, struct str);
        if (count > 0)
            memcpy(items, value->items, count * sizeof(*items));
        value->items = items;
    }
    value->items[value->item_count++] = item;
}

/* The last of repeated scalars wins. */
static void collect_query(struct request *request)
{
    struct str rest = request->input->query;
    struct query_pair pair;
    while (query_next(&rest, request->arena, &pair)) {
        size_t i;
        const struct parameter *parameter =
            query_parameter(request->match->operation, pair.name, &i);
        if (!parameter)
            continue;
        request->values[i].is_sent = true;
        if (parameter->is_list)
            append_item(request, &request->values[i], pair.value);
        else
            request->values[i].text = pair.value;
    }
}

static void collect_others(struct request *request)
{
    const struct operation *operation = request->match->operation;
    for (size_t i = 0; i < operation->parameter_count; i++) {
        const struct parameter *parameter = &operation->parameters[i];
        struct checked_value *value = &request->values[i];
        if (parameter->place == IN_PATH)
            value->text = request->match->values[i];
        else if (parameter->place == IN_HEADER)
            value->text = request->input->header(request->input->header_context, parameter->name);
        else
            continue;
        value->is_sent = !str_is_null(value->text);
    }
}

static void check_parameters(struct request *request)
{
    const struct operation *operation = request->match->operation;
    collect_others(request);
    if (request->input->query.len > 0)
        collect_query(request);
    for (size_t i = 0; i < operation->parameter_count; i++)
        check_parameter(request, &operation->parameters[i], &request->values[i]);
}

/* --- body --------------------------------------------------------------------------------- */

/* application/json or application/...+json; absent counts as JSON. */
static bool is_json(struct str content_type)
{
    struct str type;
    if (!str_split(&content_type, ';', &type))
        return true;
    type = str_trim(type);
    const struct str application = STR("application/"), suffix = STR("+json");
    if (str_eq_nocase(type, STR("application/json")))
        return true;
    return type.len > application.len + suffix.len &&
           str_eq_nocase(str_slice(type, 0, application.len), application) &&
           str_eq_nocase(str_slice(type, type.len - suffix.len, type.len), suffix);
}

/* Reads the body into violations->body, which keeps what violations quote. Broken JSON is the
 * only violation then, as nothing else could be checked in FastAPI's order. */
static bool read_body(struct request *request)
{
    const struct contract_input *input = request->input;
    if (!request->match->operation->body || input->body.len == 0 || !is_json(input->content_type))
        return true;
    struct json_read_error error;
    request->violations->body = json_read(input->body, &body_limits, &error);
    if (request->violations->body)
        return true;
    struct place place = place_index(&body_place, error.position);
    struct str reason = arena_printf(request->arena, "%s", error.reason);
    request->violations->body = json_object();
    violations_add(request->violations, &place,
                   &(struct complaint){.fault = FAULT_JSON_INVALID, .limit = reason},
                   input_json(request->violations->body));
    return false;
}

/* The coerced body, or NULL when there is none or it is wrong. */
static json_t *check_body(struct request *request)
{
    const struct operation *operation = request->match->operation;
    json_t *body = request->violations->body;
    if (!operation->body)
        return NULL;
    if (body && !json_is_null(body))
        return validate(operation->body, body, &body_place, request->violations);
    if (!body && request->input->body.len > 0)
        add_text(request, &body_place, &(struct complaint){.fault = FAULT_MODEL_TYPE},
                 request->input->body);
    else if (operation->body_required)
        add_text(request, &body_place, &(struct complaint){.fault = FAULT_MISSING}, STR_NULL);
    return NULL;
}

bool contract_check(const struct route_match *match, const struct contract_input *input,
                    struct arena *arena, struct checked *ret_checked,
                    struct violations *ret_violations)
{
    struct request request = {match, input, arena, NULL, ret_violations};
    violations_init(ret_violations, arena);
    if (!read_body(&request))
        return false;
    request.values =
        ARENA_ARRAY(arena, match->operation->parameter_count + 1, struct checked_value);
    check_parameters(&request);
    json_t *body = check_body(&request);
    if (ret_violations->count > 0) {
        json_decref(body);
        return false;
    }
    *ret_checked = (struct checked){match->operation, request.values, body};
    violations_finish(ret_violations);
    return true;
}
