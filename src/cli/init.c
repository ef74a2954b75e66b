/* deskfleet init */
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/session.h"
#include "fleet/organizations.h"
#include "server/data_dir.h"

static struct init_options {
    struct common_options common;
    const char *name;
} options;

static const struct option table[] = {
    DATA_DIR_OPTION,
    KEY_FILE_OPTION,
    JSON_OPTION,
    HELP_OPTION,
    {"name", OPTION_TEXT, offsetof(struct init_options, name), "NAME",
     "the first organization's name (default: Default)", 0, 0},
    {0},
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

static bool fill(struct store *store, struct keyring *keyring, const struct init_options *opts,
                 struct arena *arena, struct making *making, struct err *err)
{
    struct str name = str_from(opts->name ? opts->name : "Default");
    making->now = clock_now_us();
    return organization_prepare(arena, keyring, name, making->now, &making->organization, err) &&
           data_dir_bind_keys(store, keyring, err) &&
           store_write_wait(store, run_insert, making, err);
}

static void remove_made(const struct data_dir *dir)
{
    unlink(dir->database);
    unlink(dir->key_file);
}

/* A half-made directory would block the next try, so what was made goes away again. */
static bool make(const struct data_dir *dir, const struct init_options *opts, struct arena *arena,
                 struct making *making, struct err *err)
{
    struct store_config config = {.path = dir->database, .create = true};
    if (access(dir->database, F_OK) == 0)
        return err_set(err, ERR_INVALID, "%s exists already", dir->database);
    if (!data_dir_make(dir, err) || !keyring_create_file(dir->key_file, err))
        return false;
    struct keyring *keyring = keyring_load(dir->key_file, err);
    struct store *store = keyring ? store_open(&config, err) : NULL;
    bool ok = store && fill(store, keyring, opts, arena, making, err);
    store_close(store);
    keyring_destroy(keyring);
    if (!ok)
        remove_made(dir);
    return ok;
}

static bool run(const char *const *words, const void *target, struct err *err)
{
    (void)words;
    const struct init_options *opts = target;
    struct arena arena;
    struct making making;
    arena_init(&arena);
    struct data_dir dir = data_dir_at(&arena, opts->common.data_dir, opts->common.key_file);
    bool ok = make(&dir, opts, &arena, &making, err);
    if (ok && !print_organization(&making.organization, opts->common.json, err)) {
        ok = false; /* nobody knows the keys, so what they open is of no use */
        remove_made(&dir);
    }
    arena_finish(&arena);
    return ok;
}

int init_main(int argc, char **argv)
{
    static const struct subcommand command = {
        .title = "init",
        .usage = "deskfleet init --data-dir DIR [--name NAME] [--json]",
        .summary = "Makes the database, the key file and the first organization, and prints its "
                   "keys once.",
        .options = table,
        .run = run,
        .target = &options,
    };
    return command_main(&command, argc, argv);
}
