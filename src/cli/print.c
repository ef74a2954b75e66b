#include "cli/print.h"

#include <errno.h>
#include <stdio.h>

#include "fleet/scopes.h"

bool print_and_finish(struct buf *out, struct err *err)
{
    fwrite(out->ptr, 1, out->len, stdout);
    putchar('\n');
    buf_finish(out);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    return written || err_set_errno(err, ERR_INVALID, errno, "cannot write to standard output");
}

bool print_organization(const struct new_organization *organization, bool json, struct err *err)
{
    const struct {
        const char *key, *label;
        struct str value;
    } lines[] = {
        {"organization_id", "organization", organization->id},
        {"api_key", "API key", organization->key.text},
        {"hmac_key", "HMAC key", organization->hmac_key.row.key},
        {"hmac_secret", "HMAC secret", organization->hmac_key.secret},
    };
    struct buf out;
    buf_init(&out, 4096);
    struct json_writer w = jw_to(&out);
    if (json)
        jw_object_begin(&w);
    for (size_t i = 0; i < countof(lines); i++) {
        if (json)
            jw_field_str(&w, lines[i].key, lines[i].value);
        else
            buf_printf(&out, "%-13s %.*s\n", lines[i].label, STR_FMT(lines[i].value));
    }
    if (json)
        jw_object_end(&w);
    else
        buf_append_str(&out, STR("The keys are shown this once."));
    return print_and_finish(&out, err);
}

void print_scopes(struct json_writer *w, unsigned scopes)
{
    unsigned cursor = 0;
    jw_array_begin(w);
    for (const char *name; (name = scopes_next(scopes, &cursor));)
        jw_cstr(w, name);
    jw_array_end(w);
}

struct str scopes_text(struct arena *arena, unsigned scopes)
{
    unsigned cursor = 0;
    struct str text = STR("");
    for (const char *name; (name = scopes_next(scopes, &cursor));)
        text = arena_printf(arena, "%.*s%s%s", STR_FMT(text), text.len > 0 ? "," : "", name);
    return text;
}
