/* deskfleet backup, deskfleet restore
 *
 * A backup is a directory with the database as of one moment. The key file is not in it: whoever
 * finds a backup must not find the keys beside it. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "server/data_dir.h"
#include "store/store.h"

#define KEY_FILE_CEILING (64u << 10)

static struct backup_options {
    struct common_options common;
} options;

static const struct option backup_table[] = {DATA_DIR_OPTION, HELP_OPTION, {0}};

static const struct option restore_table[] = {
    DATA_DIR_OPTION,
    COMMON_ROW("key-file", OPTION_TEXT, key_file, "FILE", "a key file to copy into DIR"),
    HELP_OPTION,
    {0},
};

static bool backup(const char *const *words, const void *target, struct err *err)
{
    const struct backup_options *opts = target;
    struct arena arena;
    arena_init(&arena);
    struct data_dir from = data_dir_at(&arena, opts->common.data_dir, NULL);
    struct data_dir to = data_dir_at(&arena, words[0], NULL);
    bool ok = data_dir_make(&to, err) && store_backup(from.database, to.database, err);
    if (ok)
        printf("%s\nThe key file is not in it; keep that in another safe place.\n", to.database);
    arena_finish(&arena);
    return ok;
}

static bool copy_keys(const char *from, const char *to, struct err *err)
{
    struct buf keys;
    buf_init(&keys, KEY_FILE_CEILING);
    bool ok = file_read(from, &keys, err) && file_create(to, buf_str(&keys), 0600, err);
    buf_finish(&keys);
    return ok;
}

static bool restore(const char *const *words, const void *target, struct err *err)
{
    const struct backup_options *opts = target;
    struct arena arena;
    arena_init(&arena);
    struct data_dir from = data_dir_at(&arena, words[0], NULL);
    struct data_dir to = data_dir_at(&arena, opts->common.data_dir, NULL);
    bool ok = store_check(from.database, err) && data_dir_make(&to, err) &&
              store_backup(from.database, to.database, err);
    if (ok && opts->common.key_file)
        ok = copy_keys(opts->common.key_file, to.key_file, err);
    if (ok && access(to.key_file, F_OK) != 0)
        printf("Put the key file at %s before you serve.\n", to.key_file);
    arena_finish(&arena);
    return ok;
}

int backup_main(int argc, char **argv)
{
    static const struct subcommand command = {
        .title = "backup",
        .usage = "deskfleet backup BACKUP --data-dir DIR",
        .summary =
            "Copies the database, in use or not, into the directory BACKUP, which must hold none.",
        .options = backup_table,
        .target = &options,
        .positional = 1,
        .run = backup,
    };
    return command_main(&command, argc, argv);
}

int restore_main(int argc, char **argv)
{
    static const struct subcommand command = {
        .title = "restore",
        .usage = "deskfleet restore BACKUP --data-dir DIR [--key-file FILE]",
        .summary = "Checks a backup and makes the data directory DIR from it; --key-file is copied "
                   "into it.",
        .options = restore_table,
        .target = &options,
        .positional = 1,
        .run = restore,
    };
    return command_main(&command, argc, argv);
}
