/* Any bytes as a request against the real documents: routing, checks and both ways to tell what is
 * wrong. The input is lines: "METHOD path?query", a header's value, the content type, the body.
 *
 * Beyond not crashing: what is written is JSON, and a coerced body is valid as it is. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "contract/check.h"
#include "contract/contract.h"
#include "contracts/documents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct contract *the_contract(void)
{
    static struct contract *contract;
    if (contract)
        return contract;
    struct contract_source sources[EMBEDDED_DOCUMENT_COUNT];
    struct err err;
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++)
        sources[i] =
            (struct contract_source){embedded_documents[i].name, embedded_documents[i].json};
    contract = contract_load(sources, EMBEDDED_DOCUMENT_COUNT, &err);
    if (!contract)
        abort();
    return contract;
}

static struct str header(void *context, const char *name UNUSED)
{
    return *(const struct str *)context;
}

static struct str next_line(struct str *rest)
{
    struct str line;
    return str_split(rest, '\n', &line) ? line : STR_NULL;
}

static void require_json(const struct buf *text)
{
    json_t *value = json_loadb(text->ptr, text->len, JSON_ALLOW_NUL, NULL);
    if (!value)
        abort();
    json_decref(value);
}

static void tell(const struct violations *violations)
{
    struct buf text, line;
    buf_init(&text, 64 * 1024 * 1024);
    buf_init(&line, 1024);
    struct json_writer w = jw_to(&text);
    if (violations->count == 0)
        abort();
    violations_write_fastapi(&w, violations);
    require_json(&text);
    violations_summary(violations, &line);
    buf_finish(&text);
    buf_finish(&line);
}

static void check_again(const struct route_match *match, struct contract_input input,
                        struct arena *arena, const struct checked *checked)
{
    struct buf text;
    struct checked again;
    struct violations violations;
    buf_init(&text, 64 * 1024 * 1024);
    struct json_writer w = jw_to(&text);
    jw_value(&w, checked->body);
    input.body = buf_str(&text);
    if (!contract_check(match, &input, arena, &again, &violations))
        abort();
    if (!json_equal(again.body, checked->body))
        abort();
    checked_finish(&again);
    buf_finish(&text);
}

static void check(const struct route_match *match, const struct contract_input *input,
                  struct arena *arena)
{
    struct checked checked;
    struct violations violations;
    if (!contract_check(match, input, arena, &checked, &violations)) {
        tell(&violations);
        violations_finish(&violations);
        return;
    }
    if (checked.body)
        check_again(match, *input, arena, &checked);
    checked_finish(&checked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of(data, size), method, path;
    struct str line = next_line(&rest), value = next_line(&rest), type = next_line(&rest);
    struct arena arena;
    struct route_match match;
    arena_init(&arena);
    if (!str_split(&line, ' ', &method))
        method = STR("");
    if (!str_split(&line, '?', &path))
        path = STR("");
    struct contract_input input = {line, header, &value, type, rest};
    if (contract_route(the_contract(), LISTENER_PUBLIC, method, path, &arena, &match) ==
        ROUTE_FOUND)
        check(&match, &input, &arena);
    arena_finish(&arena);
    return 0;
}
