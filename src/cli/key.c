/* deskfleet key create | list | revoke */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "fleet/keys.h"
#include "fleet/scopes.h"
#include "store/keys.h"

#define OUTPUT_CEILING (16u << 20)

static struct key_options {
    struct common_options common;
    const char *organization;
    const char *name;
    const char *scopes;
} options;

#define ORG_OPTION                                                                                 \
    {                                                                                              \
        "org", OPTION_TEXT, offsetof(struct key_options, organization), "ORG",                     \
            "the organization (may be left out when there is one)", 0, 0                           \
    }

static const struct option create_table[] = {
    DATA_DIR_OPTION,
    KEY_FILE_OPTION,
    JSON_OPTION,
    HELP_OPTION,
    ORG_OPTION,
    {"name", OPTION_TEXT, offsetof(struct key_options, name), "NAME", "what the key is for", 0, 0},
    {"scopes", OPTION_TEXT, offsetof(struct key_options, scopes), "SCOPES",
     "join,read,control,power,create,money,files,admin or all (the default)", 0, 0},
    {0},
};

static const struct option list_table[] = {
    DATA_DIR_OPTION, KEY_FILE_OPTION, JSON_OPTION, HELP_OPTION, ORG_OPTION, {0},
};

static const struct option revoke_table[] = {
    DATA_DIR_OPTION, KEY_FILE_OPTION, HELP_OPTION, ORG_OPTION, {0},
};

/* --- create --- */

static bool run_insert(struct tx *tx, void *arg, struct err *err)
{
    const struct new_key *key = arg;
    return keys_insert(tx, &key->row) || err_set(err, ERR_INTERNAL, "the key's id is taken");
}

static void print_new_json(struct buf *out, const struct new_key *key)
{
    struct json_writer w = jw_to(out);
    jw_object_begin(&w);
    jw_field_str(&w, "id", key->row.id);
    jw_field_str(&w, "api_key", key->text);
    jw_field_str(&w, "organization_id", key->row.organization_id);
    jw_key(&w, "scopes");
    print_scopes(&w, key->row.scopes);
    jw_object_end(&w);
}

static bool print_new(const struct new_key *key, bool json, struct err *err)
{
    struct buf out;
    buf_init(&out, OUTPUT_CEILING);
    if (json)
        print_new_json(&out, key);
    else
        buf_printf(&out, "%.*s\nThe key is shown this once.", STR_FMT(key->text));
    if (print_and_finish(&out, err))
        return true;
    return err_set(err, ERR_INVALID, "the key could not be shown; revoke %.*s",
                   STR_FMT(key->row.id));
}

static bool create(struct session *session, const char *const *words, const void *target,
                   struct err *err)
{
    const struct key_options *opts = target;
    (void)words;
    unsigned scopes;
    struct str organization_id;
    if (!scopes_parse(str_from(opts->scopes ? opts->scopes : "all"), &scopes, err) ||
        !session_organization(session, opts->organization, &organization_id, err))
        return false;
    struct new_key key =
        key_generate(&session->arena, organization_id, str_from(opts->name ? opts->name : ""),
                     scopes, clock_now_us());
    if (!store_write_wait(session->store, run_insert, &key, err))
        return false;
    return print_new(&key, opts->common.json, err);
}

/* --- list --- */

static void print_row_json(struct json_writer *w, const struct key_row *row)
{
    jw_object_begin(w);
    jw_field_str(w, "id", row->id);
    jw_field_str(w, "name", row->name);
    jw_key(w, "scopes");
    print_scopes(w, row->scopes);
    jw_field_time(w, "created_at", row->created_at);
    jw_field_time(w, "revoked_at", row->revoked_at);
    jw_object_end(w);
}

static bool print_rows(struct arena *arena, const struct key_row *rows, size_t count, bool json,
                       struct err *err)
{
    struct buf out;
    buf_init(&out, OUTPUT_CEILING);
    struct json_writer w = jw_to(&out);
    if (json)
        jw_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        if (json)
            print_row_json(&w, &rows[i]);
        else
            buf_printf(&out, "%s%.*s  %-7s  %.*s  %.*s", i > 0 ? "\n" : "", STR_FMT(rows[i].id),
                       rows[i].revoked_at == CLOCK_NONE ? "active" : "revoked",
                       STR_FMT(scopes_text(arena, rows[i].scopes)), STR_FMT(rows[i].name));
    }
    if (json)
        jw_array_end(&w);
    return print_and_finish(&out, err);
}

static bool list(struct session *session, const char *const *words, const void *target,
                 struct err *err)
{
    const struct key_options *opts = target;
    (void)words;
    struct str organization_id;
    if (!session_organization(session, opts->organization, &organization_id, err))
        return false;
    struct tx *tx = session_read(session, err);
    if (!tx)
        return false;
    struct key_row *rows;
    size_t count = keys_list(tx, &session->arena, organization_id, &rows);
    if (!session_read_end(session, tx, err))
        return false;
    return print_rows(&session->arena, rows, count, opts->common.json, err);
}

/* --- revoke --- */

struct revoking {
    struct str organization_id;
    struct str id;
};

static bool run_revoke(struct tx *tx, void *arg, struct err *err)
{
    const struct revoking *revoking = arg;
    return keys_revoke(tx, revoking->organization_id, revoking->id, clock_now_us()) ||
           err_set(err, ERR_NOT_FOUND, "no active key %.*s", STR_FMT(revoking->id));
}

static bool revoke(struct session *session, const char *const *words, const void *target,
                   struct err *err)
{
    const struct key_options *opts = target;
    struct revoking revoking = {.id = str_from(words[0])};
    return session_organization(session, opts->organization, &revoking.organization_id, err) &&
           store_write_wait(session->store, run_revoke, &revoking, err);
}

int key_main(int argc, char **argv)
{
    static const struct subcommand commands[] = {
        {.title = "key create",
         .usage = "deskfleet key create --data-dir DIR [--org ORG] [--scopes SCOPES] "
                  "[--name NAME] [--json]",
         .summary = "Makes a bearer key and prints it once.",
         .options = create_table,
         .target = &options,
         .run_open = create},
        {.title = "key list",
         .usage = "deskfleet key list --data-dir DIR [--org ORG] [--json]",
         .summary = "Lists the bearer keys, without their text.",
         .options = list_table,
         .target = &options,
         .run_open = list},
        {.title = "key revoke",
         .usage = "deskfleet key revoke ID --data-dir DIR [--org ORG]",
         .summary = "Makes a key invalid for good, at once; drivers that joined with it are closed "
                    "within a second.",
         .options = revoke_table,
         .target = &options,
         .positional = 1,
         .run_open = revoke},
    };
    return subcommand_main(commands, countof(commands), "key", argc, argv);
}
