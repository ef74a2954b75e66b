/* deskfleet org create | list | set */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "fleet/organizations.h"
#include "store/organizations.h"

#define OUTPUT_CEILING (16u << 20)

static struct org_options {
    struct common_options common;
    const char *name;
} options;

#define NAME_OPTION                                                                                \
    {                                                                                              \
        "name", OPTION_TEXT, offsetof(struct org_options, name), "NAME", "1 to 255 characters", 0, \
            0                                                                                      \
    }

static const struct option create_table[] = {
    DATA_DIR_OPTION, KEY_FILE_OPTION, JSON_OPTION, HELP_OPTION, NAME_OPTION, {0},
};

static const struct option list_table[] = {
    DATA_DIR_OPTION, KEY_FILE_OPTION, JSON_OPTION, HELP_OPTION, {0},
};

static const struct option set_table[] = {
    DATA_DIR_OPTION, KEY_FILE_OPTION, HELP_OPTION, NAME_OPTION, {0},
};

struct making {
    struct new_organization organization;
    int64_t now;
};

static bool run_insert(struct tx *tx, void *arg, struct err *err)
{
    struct making *making = arg;
    return organization_insert(tx, &making->organization, making->now, err);
}

static bool create(struct session *session, const char *const *words, const void *target,
                   struct err *err)
{
    const struct org_options *opts = target;
    (void)words;
    struct making making = {.now = clock_now_us()};
    if (!opts->name)
        return err_set(err, ERR_INVALID, "--name is missing");
    if (!organization_prepare(&session->arena, session->keyring, str_from(opts->name), making.now,
                              &making.organization, err) ||
        !store_write_wait(session->store, run_insert, &making, err))
        return false;
    return print_organization(&making.organization, opts->common.json, err);
}

static bool print_rows(const struct organization_row *rows, size_t count, bool json,
                       struct err *err)
{
    struct buf out;
    buf_init(&out, OUTPUT_CEILING);
    struct json_writer w = jw_to(&out);
    if (json)
        jw_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        if (!json) {
            buf_printf(&out, "%s%.*s  %.*s", i > 0 ? "\n" : "", STR_FMT(rows[i].id),
                       STR_FMT(rows[i].name));
            continue;
        }
        jw_object_begin(&w);
        jw_field_str(&w, "id", rows[i].id);
        jw_field_str(&w, "name", rows[i].name);
        jw_field_time(&w, "created_at", rows[i].created_at);
        jw_object_end(&w);
    }
    if (json)
        jw_array_end(&w);
    return print_and_finish(&out, err);
}

static bool list(struct session *session, const char *const *words, const void *target,
                 struct err *err)
{
    const struct org_options *opts = target;
    (void)words;
    struct tx *tx = session_read(session, err);
    if (!tx)
        return false;
    struct organization_row *rows;
    size_t count = organizations_list(tx, &session->arena, &rows);
    if (!session_read_end(session, tx, err))
        return false;
    return print_rows(rows, count, opts->common.json, err);
}

struct renaming {
    struct str id;
    struct str name;
};

static bool run_rename(struct tx *tx, void *arg, struct err *err)
{
    const struct renaming *renaming = arg;
    return organization_rename(tx, renaming->id, renaming->name, err);
}

static bool set(struct session *session, const char *const *words, const void *target,
                struct err *err)
{
    const struct org_options *opts = target;
    struct renaming renaming = {str_from(words[0]), str_from(opts->name)};
    if (!opts->name)
        return err_set(err, ERR_INVALID, "nothing to set: give --name");
    return store_write_wait(session->store, run_rename, &renaming, err);
}

int org_main(int argc, char **argv)
{
    static const struct subcommand commands[] = {
        {.title = "org create",
         .usage = "deskfleet org create --name NAME --data-dir DIR [--json]",
         .summary = "Makes an organization with one key of each kind, and prints them once.",
         .options = create_table,
         .target = &options,
         .run_open = create},
        {.title = "org list",
         .usage = "deskfleet org list --data-dir DIR [--json]",
         .summary = "Lists the organizations.",
         .options = list_table,
         .target = &options,
         .run_open = list},
        {.title = "org set",
         .usage = "deskfleet org set ORG --name NAME --data-dir DIR",
         .summary = "Renames an organization.",
         .options = set_table,
         .target = &options,
         .positional = 1,
         .run_open = set},
    };
    return subcommand_main(commands, countof(commands), "org", argc, argv);
}
