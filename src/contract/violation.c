#include "contract/violation.h"

#include <stdbool.h>

enum ctx_kind {
    CTX_NONE,
    CTX_NUMBER,
    CTX_TEXT,
    CTX_LENGTH, /* of a collection */
};

/* Words of pydantic 2. In a message {} is the limit, {s} its plural ending, {type} the collection
 * and {actual} its length. */
static const struct {
    const char *type, *message;
    enum ctx_kind ctx;
    const char *ctx_key;
} faults[FAULT_COUNT] = {
    [FAULT_MISSING] = {"missing", "Field required", CTX_NONE, NULL},
    [FAULT_EXTRA_FORBIDDEN] = {"extra_forbidden", "Extra inputs are not permitted", CTX_NONE, NULL},
    [FAULT_JSON_INVALID] = {"json_invalid", "JSON decode error", CTX_TEXT, "error"},
    [FAULT_MODEL_TYPE] = {"model_attributes_type",
                          "Input should be a valid dictionary or object to extract fields from",
                          CTX_NONE, NULL},
    [FAULT_DICT_TYPE] = {"dict_type", "Input should be a valid dictionary", CTX_NONE, NULL},
    [FAULT_LIST_TYPE] = {"list_type", "Input should be a valid list", CTX_NONE, NULL},
    [FAULT_STRING_TYPE] = {"string_type", "Input should be a valid string", CTX_NONE, NULL},
    [FAULT_STRING_UNICODE] =
        {"string_unicode",
         "Input should be a valid string, unable to parse raw data as a unicode string", CTX_NONE,
         NULL},
    [FAULT_STRING_TOO_SHORT] = {"string_too_short", "String should have at least {} character{s}",
                                CTX_NUMBER, "min_length"},
    [FAULT_STRING_TOO_LONG] = {"string_too_long", "String should have at most {} character{s}",
                               CTX_NUMBER, "max_length"},
    [FAULT_STRING_PATTERN] = {"string_pattern_mismatch", "String should match pattern '{}'",
                              CTX_TEXT, "pattern"},
    [FAULT_INT_TYPE] = {"int_type", "Input should be a valid integer", CTX_NONE, NULL},
    [FAULT_INT_PARSING] = {"int_parsing",
                           "Input should be a valid integer, unable to parse string as an integer",
                           CTX_NONE, NULL},
    [FAULT_INT_PARSING_SIZE] = {"int_parsing_size",
                                "Unable to parse input string as an integer, exceeded maximum size",
                                CTX_NONE, NULL},
    [FAULT_INT_FROM_FLOAT] =
        {"int_from_float", "Input should be a valid integer, got a number with a fractional part",
         CTX_NONE, NULL},
    [FAULT_FLOAT_TYPE] = {"float_type", "Input should be a valid number", CTX_NONE, NULL},
    [FAULT_FLOAT_PARSING] = {"float_parsing",
                             "Input should be a valid number, unable to parse string as a number",
                             CTX_NONE, NULL},
    [FAULT_FINITE_NUMBER] = {"finite_number", "Input should be a finite number", CTX_NONE, NULL},
    [FAULT_BOOL_TYPE] = {"bool_type", "Input should be a valid boolean", CTX_NONE, NULL},
    [FAULT_BOOL_PARSING] = {"bool_parsing",
                            "Input should be a valid boolean, unable to interpret input", CTX_NONE,
                            NULL},
    [FAULT_GREATER_THAN_EQUAL] = {"greater_than_equal",
                                  "Input should be greater than or equal to {}", CTX_NUMBER, "ge"},
    [FAULT_LESS_THAN_EQUAL] = {"less_than_equal", "Input should be less than or equal to {}",
                               CTX_NUMBER, "le"},
    [FAULT_GREATER_THAN] = {"greater_than", "Input should be greater than {}", CTX_NUMBER, "gt"},
    [FAULT_LESS_THAN] = {"less_than", "Input should be less than {}", CTX_NUMBER, "lt"},
    [FAULT_TOO_SHORT] = {"too_short",
                         "{type} should have at least {} item{s} after validation, not {actual}",
                         CTX_LENGTH, "min_length"},
    [FAULT_TOO_LONG] = {"too_long",
                        "{type} should have at most {} item{s} after validation, not {actual}",
                        CTX_LENGTH, "max_length"},
    [FAULT_ENUM] = {"enum", "Input should be {}", CTX_TEXT, "expected"},
    [FAULT_UUID_TYPE] = {"uuid_type", "UUID input should be a string, bytes or UUID object",
                         CTX_NONE, NULL},
    [FAULT_UUID_PARSING] = {"uuid_parsing", "Input should be a valid UUID, {}", CTX_TEXT, "error"},
    [FAULT_DATETIME_TYPE] = {"datetime_type", "Input should be a valid datetime", CTX_NONE, NULL},
    [FAULT_DATETIME_PARSING] = {"datetime_parsing", "Input should be a valid datetime, {}",
                                CTX_TEXT, "error"},
    [FAULT_DATETIME_FROM_DATE] = {"datetime_from_date_parsing",
                                  "Input should be a valid datetime or date, {}", CTX_TEXT,
                                  "error"},
};

void violations_init(struct violations *violations, struct arena *arena)
{
    *violations = (struct violations){.arena = arena};
}

void violations_finish(struct violations *violations)
{
    json_decref(violations->body);
    *violations = (struct violations){0};
}

/* The chain of places lives on the stack of the check, so it is copied, outermost first. */
static void copy_loc(struct arena *arena, const struct place *place, struct violation *violation)
{
    size_t length = 0;
    for (const struct place *p = place; p; p = p->outer)
        length++;
    struct violation_step *steps = ARENA_ARRAY(arena, length, struct violation_step);
    violation->loc = steps;
    violation->loc_length = length;
    for (const struct place *p = place; p; p = p->outer)
        steps[--length] = (struct violation_step){p->name, p->index};
}

void violations_add(struct violations *violations, const struct place *place,
                    const struct complaint *complaint, struct violation_input input)
{
    if (violations->count == VIOLATIONS_MAX)
        return;
    if (!violations->items)
        violations->items = ARENA_ARRAY(violations->arena, VIOLATIONS_MAX, struct violation);
    struct violation *violation = &violations->items[violations->count++];
    *violation = (struct violation){.complaint = *complaint, .input = input};
    copy_loc(violations->arena, place, violation);
}

static void append_placeholder(struct buf *out, struct str name, const struct complaint *complaint)
{
    if (name.len == 0)
        buf_append_str(out, complaint->limit);
    else if (str_eq(name, STR("s")))
        buf_append_str(out, str_eq(complaint->limit, STR("1")) ? STR("") : STR("s"));
    else if (str_eq(name, STR("type")))
        buf_append_str(out, str_from(complaint->collection));
    else
        buf_printf(out, "%zu", complaint->actual);
}

static void append_message(struct buf *out, const struct complaint *complaint)
{
    struct str rest = str_from(faults[complaint->fault].message), plain, name;
    while (str_split(&rest, '{', &plain)) {
        buf_append_str(out, plain);
        if (str_is_null(rest))
            break;
        /* A template's brace is always closed, and text may follow it. */
        str_split(&rest, '}', &name);
        append_placeholder(out, name, complaint);
    }
}

static void write_message(struct json_writer *w, const struct complaint *complaint)
{
    struct buf message;
    buf_init(&message, complaint->limit.len + 256);
    append_message(&message, complaint);
    jw_key(w, "msg");
    jw_str(w, buf_str(&message));
    buf_finish(&message);
}

static void write_loc(struct json_writer *w, const struct violation *violation)
{
    jw_key(w, "loc");
    jw_array_begin(w);
    for (size_t i = 0; i < violation->loc_length; i++) {
        const struct violation_step *step = &violation->loc[i];
        if (str_is_null(step->name))
            jw_int(w, (int64_t)step->index);
        else
            jw_str(w, step->name);
    }
    jw_array_end(w);
}

static void write_input(struct json_writer *w, const struct violation_input *input)
{
    jw_key(w, "input");
    if (input->json) {
        jw_value(w, input->json);
    } else if (input->list) {
        jw_array_begin(w);
        for (size_t i = 0; i < input->list_length; i++)
            jw_str(w, input->list[i]);
        jw_array_end(w);
    } else {
        jw_str(w, input->text);
    }
}

static void write_ctx(struct json_writer *w, const struct complaint *complaint)
{
    enum ctx_kind kind = faults[complaint->fault].ctx;
    if (kind == CTX_NONE)
        return;
    jw_key(w, "ctx");
    jw_object_begin(w);
    if (kind == CTX_LENGTH)
        jw_field_str(w, "field_type", str_from(complaint->collection));
    jw_key(w, faults[complaint->fault].ctx_key);
    if (kind == CTX_TEXT)
        jw_str(w, complaint->limit);
    else
        jw_raw(w, complaint->limit);
    if (kind == CTX_LENGTH)
        jw_field_int(w, "actual_length", (int64_t)complaint->actual);
    jw_object_end(w);
}

static void write_violation(struct json_writer *w, const struct violation *violation)
{
    jw_object_begin(w);
    jw_field_str(w, "type", str_from(faults[violation->complaint.fault].type));
    write_loc(w, violation);
    write_message(w, &violation->complaint);
    write_input(w, &violation->input);
    write_ctx(w, &violation->complaint);
    jw_object_end(w);
}

void violations_write_fastapi(struct json_writer *w, const struct violations *violations)
{
    size_t start = w->out->len;
    jw_object_begin(w);
    jw_key(w, "detail");
    jw_array_begin(w);
    /* Each entry quotes its input, so a hundred of them could be a hundred times the body. */
    for (size_t i = 0; i < violations->count && w->out->len - start < VIOLATIONS_TEXT_MAX; i++)
        write_violation(w, &violations->items[i]);
    jw_array_end(w);
    jw_object_end(w);
}

void violations_summary(const struct violations *violations, struct buf *out)
{
    enum { NAME_MAX_SHOWN = 100 };
    if (violations->count == 0)
        return;
    const struct violation *first = &violations->items[0];
    for (size_t i = 0; i < first->loc_length; i++) {
        const struct violation_step *step = &first->loc[i];
        const char *dot = i > 0 ? "." : "";
        if (str_is_null(step->name))
            buf_printf(out, "%s%zu", dot, step->index);
        else
            buf_printf(out, "%s%.*s", dot, STR_FMT(str_slice(step->name, 0, NAME_MAX_SHOWN)));
    }
    buf_append_str(out, STR(": "));
    append_message(out, &first->complaint);
}
