#include "contract/scalar.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "contract/number.h"

/* A pattern of ours that needs more than this is wrong, or its text is hostile. */
enum {
    PATTERN_MATCH_LIMIT = 100000,
    PATTERN_DEPTH_LIMIT = 1000,
};

/* One value under check. A checker fills `out` and returns true, or `complaint` and false. */
struct check {
    const struct schema *schema;
    struct scalar in;
    bool strict;
    struct arena *arena;
    struct scalar *out;
    struct complaint *complaint;
};

static bool complain(const struct check *check, enum fault fault, struct str limit)
{
    *check->complaint = (struct complaint){.fault = fault, .limit = limit};
    return false;
}

static bool accept(const struct check *check, struct scalar out)
{
    *check->out = out;
    return true;
}

static bool matches(const pcre2_code *regex, struct str text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    if (!data || !limits)
        mem_die(0);
    pcre2_set_match_limit(limits, PATTERN_MATCH_LIMIT);
    pcre2_set_depth_limit(limits, PATTERN_DEPTH_LIMIT);
    int found =
        pcre2_match(regex, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, data, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    /* 0: more groups than the match data holds. Past a limit counts as no match. */
    return found >= 0;
}

static bool check_string(const struct check *check)
{
    const struct schema *schema = check->schema;
    if (check->in.kind != SCALAR_TEXT)
        return complain(check, FAULT_STRING_TYPE, STR_NULL);
    size_t length = check->in.text.len;
    if (schema->min_length > 0 || schema->max_length < length)
        length = utf8_count(check->in.text);
    if (length > schema->max_length)
        return complain(check, FAULT_STRING_TOO_LONG,
                        arena_printf(check->arena, "%zu", schema->max_length));
    if (length < schema->min_length)
        return complain(check, FAULT_STRING_TOO_SHORT,
                        arena_printf(check->arena, "%zu", schema->min_length));
    if (schema->regex && !matches(schema->regex, check->in.text))
        return complain(check, FAULT_STRING_PATTERN, schema->pattern);
    return accept(check, check->in);
}

static bool check_uuid(const struct check *check)
{
    struct uuid uuid;
    char reason[UUID_REASON_SIZE];
    if (check->in.kind != SCALAR_TEXT || check->strict)
        return complain(check, FAULT_UUID_TYPE, STR_NULL);
    if (!uuid_parse(check->in.text, &uuid, reason))
        return complain(check, FAULT_UUID_PARSING, arena_printf(check->arena, "%s", reason));
    bool canonical = str_eq(check->in.text, uuid_str(&uuid));
    return accept(check,
                  canonical ? check->in : scalar_text(arena_str(check->arena, uuid_str(&uuid))));
}

static bool accept_time(const struct check *check, int64_t time_us)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(time_us, text);
    struct scalar out = check->in;
    if (out.kind != SCALAR_TEXT || !str_eq(out.text, str_from(text)))
        out = scalar_text(arena_str(check->arena, str_from(text)));
    out.integer = time_us;
    return accept(check, out);
}

/* The reason that pydantic gives: it reads a date-time first and then a date, and reports the
 * second try. So past a good date everything is "extra". */
static struct str reason_of_date(struct str text, const char *reason)
{
    enum { DATE_LENGTH = 10 };
    int64_t ignored;
    const char *date_reason;
    if (text.len < DATE_LENGTH)
        return STR("input is too short");
    if (clock_parse(str_slice(text, 0, DATE_LENGTH), &ignored, &date_reason))
        return STR("unexpected extra characters at the end of the input");
    return str_from(reason);
}

static bool check_time_number(const struct check *check, double seconds, enum fault fault)
{
    int64_t time_us;
    const char *reason;
    if (!number_to_time(seconds, &time_us, &reason))
        return complain(check, fault, str_from(reason));
    return accept_time(check, time_us);
}

static bool check_time_text(const struct check *check)
{
    int64_t time_us;
    double seconds;
    const char *reason;
    if (clock_parse(check->in.text, &time_us, &reason))
        return accept_time(check, time_us);
    if (number_from_text(check->in.text, &seconds) == NUMBER_OK)
        return check_time_number(check, seconds, FAULT_DATETIME_FROM_DATE);
    return complain(check, FAULT_DATETIME_FROM_DATE, reason_of_date(check->in.text, reason));
}

static bool check_time(const struct check *check)
{
    if (check->strict)
        return complain(check, FAULT_DATETIME_TYPE, STR_NULL);
    if (check->in.kind == SCALAR_TEXT)
        return check_time_text(check);
    if (check->in.kind == SCALAR_INTEGER)
        return check_time_number(check, (double)check->in.integer, FAULT_DATETIME_PARSING);
    if (check->in.kind == SCALAR_REAL)
        return check_time_number(check, check->in.real, FAULT_DATETIME_PARSING);
    return complain(check, FAULT_DATETIME_TYPE, STR_NULL);
}

static const enum fault bound_faults[BOUND_COUNT] = {
    [BOUND_AT_MOST] = FAULT_LESS_THAN_EQUAL,
    [BOUND_BELOW] = FAULT_LESS_THAN,
    [BOUND_AT_LEAST] = FAULT_GREATER_THAN_EQUAL,
    [BOUND_ABOVE] = FAULT_GREATER_THAN,
};

/* `order` has the sign of (value - bound). */
static bool holds(enum bound_kind kind, int order)
{
    static const bool below[BOUND_COUNT] = {[BOUND_AT_MOST] = true, [BOUND_BELOW] = true};
    static const bool equal[BOUND_COUNT] = {[BOUND_AT_MOST] = true, [BOUND_AT_LEAST] = true};
    return order == 0 ? equal[kind] : below[kind] == (order < 0);
}

static bool check_bounds(const struct check *check, const struct scalar *value)
{
    for (enum bound_kind kind = 0; kind < BOUND_COUNT; kind++) {
        const struct bound *bound = &check->schema->bounds[kind];
        if (!bound->is_set)
            continue;
        int order = value->kind == SCALAR_INTEGER
                        ? (value->integer > bound->integer) - (value->integer < bound->integer)
                        : (value->real > bound->real) - (value->real < bound->real);
        if (!holds(kind, order))
            return complain(check, bound_faults[kind], bound->text);
    }
    return true;
}

static bool integer_from_real(const struct check *check, double real, int64_t *ret_value)
{
    if (!isfinite(real))
        return complain(check, FAULT_FINITE_NUMBER, STR_NULL);
    if (real != trunc(real))
        return complain(check, FAULT_INT_FROM_FLOAT, STR_NULL);
    if (real <= -0x1p63 || real >= 0x1p63)
        return complain(check, FAULT_INT_PARSING_SIZE, STR_NULL);
    *ret_value = (int64_t)real;
    return true;
}

static bool integer_from_text(const struct check *check, int64_t *ret_value)
{
    enum number_result result = integer_from_digits(check->in.text, ret_value);
    if (result == NUMBER_TOO_LARGE)
        return complain(check, FAULT_INT_PARSING_SIZE, STR_NULL);
    return result == NUMBER_OK || complain(check, FAULT_INT_PARSING, STR_NULL);
}

static bool coerce_integer(const struct check *check, int64_t *ret_value)
{
    if (check->in.kind == SCALAR_INTEGER)
        *ret_value = check->in.integer;
    else if (check->strict || check->in.kind == SCALAR_OTHER)
        return complain(check, FAULT_INT_TYPE, STR_NULL);
    else if (check->in.kind == SCALAR_BOOLEAN)
        *ret_value = check->in.boolean;
    else if (check->in.kind == SCALAR_REAL)
        return integer_from_real(check, check->in.real, ret_value);
    else
        return integer_from_text(check, ret_value);
    return true;
}

static bool check_integer(const struct check *check)
{
    struct scalar out = {.kind = SCALAR_INTEGER};
    return coerce_integer(check, &out.integer) && check_bounds(check, &out) && accept(check, out);
}

static bool coerce_real(const struct check *check, double *ret_value)
{
    if (check->in.kind == SCALAR_REAL)
        *ret_value = check->in.real;
    else if (check->in.kind == SCALAR_INTEGER)
        *ret_value = (double)check->in.integer;
    else if (check->strict || check->in.kind == SCALAR_OTHER)
        return complain(check, FAULT_FLOAT_TYPE, STR_NULL);
    else if (check->in.kind == SCALAR_BOOLEAN)
        *ret_value = check->in.boolean;
    else if (number_from_text(check->in.text, ret_value) != NUMBER_OK)
        return complain(check, FAULT_FLOAT_PARSING, STR_NULL);
    return isfinite(*ret_value) || complain(check, FAULT_FINITE_NUMBER, STR_NULL);
}

static bool check_number(const struct check *check)
{
    struct scalar out = {.kind = SCALAR_REAL};
    return coerce_real(check, &out.real) && check_bounds(check, &out) && accept(check, out);
}

static bool boolean_from_text(const struct check *check, bool *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"true", true}, {"false", false}, {"1", true}, {"0", false}, {"yes", true}, {"no", false},
        {"on", true},   {"off", false},   {"t", true}, {"f", false}, {"y", true},   {"n", false},
    };
    for (size_t i = 0; i < countof(words); i++) {
        if (str_eq_nocase(check->in.text, str_from(words[i].word))) {
            *ret_value = words[i].value;
            return true;
        }
    }
    return complain(check, FAULT_BOOL_PARSING, STR_NULL);
}

static bool boolean_from_number(const struct check *check, double number, bool *ret_value)
{
    if (number != trunc(number))
        return complain(check, FAULT_BOOL_TYPE, STR_NULL);
    *ret_value = number == 1;
    return number == 0 || number == 1 || complain(check, FAULT_BOOL_PARSING, STR_NULL);
}

static bool coerce_boolean(const struct check *check, bool *ret_value)
{
    if (check->in.kind == SCALAR_BOOLEAN)
        *ret_value = check->in.boolean;
    else if (check->strict || check->in.kind == SCALAR_OTHER)
        return complain(check, FAULT_BOOL_TYPE, STR_NULL);
    else if (check->in.kind == SCALAR_TEXT)
        return boolean_from_text(check, ret_value);
    else
        return boolean_from_number(
            check, check->in.kind == SCALAR_REAL ? check->in.real : (double)check->in.integer,
            ret_value);
    return true;
}

static bool check_boolean(const struct check *check)
{
    struct scalar out = {.kind = SCALAR_BOOLEAN};
    return coerce_boolean(check, &out.boolean) && accept(check, out);
}

/* The value as the enum's members are: text, or an integer where the enum's type is one. */
static bool coerce_enum(const struct check *check, struct scalar *ret_value)
{
    if (!check->schema->enum_is_integer) {
        *ret_value = check->in;
        return check->in.kind == SCALAR_TEXT;
    }
    *ret_value = (struct scalar){.kind = SCALAR_INTEGER};
    return coerce_integer(check, &ret_value->integer);
}

static bool check_enum(const struct check *check)
{
    const struct schema *schema = check->schema;
    struct scalar value;
    bool coerced = coerce_enum(check, &value);
    for (size_t i = 0; coerced && i < schema->enum_count; i++) {
        const struct enum_member *member = &schema->enum_members[i];
        bool same = schema->enum_is_integer ? member->integer == value.integer
                                            : str_eq(member->text, value.text);
        if (same)
            return accept(check, value);
    }
    return complain(check, FAULT_ENUM, schema->expected);
}

bool scalar_check(const struct schema *schema, struct scalar in, bool strict, struct arena *arena,
                  struct scalar *ret_out, struct complaint *ret_complaint)
{
    static bool (*const checkers[SCHEMA_KIND_COUNT])(const struct check *) = {
        [SCHEMA_STRING] = check_string, [SCHEMA_UUID] = check_uuid,
        [SCHEMA_TIME] = check_time,     [SCHEMA_INTEGER] = check_integer,
        [SCHEMA_NUMBER] = check_number, [SCHEMA_BOOLEAN] = check_boolean,
        [SCHEMA_ENUM] = check_enum,
    };
    struct check check = {schema, in, strict, arena, ret_out, ret_complaint};
    return checkers[schema->kind](&check);
}
