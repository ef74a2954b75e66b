/* deskfleet key-file rotate */
#include <signal.h>
#include <stdio.h>

#include "base/keyring.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "server/data_dir.h"

static struct key_file_options {
    struct common_options common;
} options;

static const struct option table[] = {
    DATA_DIR_OPTION,
    KEY_FILE_OPTION,
    HELP_OPTION,
    {0},
};

static const char *what_happens(int server, bool told)
{
    if (server == 0)
        return "the next server to start reseals";
    return told ? "the running server reseals now" : "send SIGHUP to the running server";
}

/* A running server takes the new key and reseals in the background; one that starts later does. */
static bool rotate(const char *const *words, const void *target, struct err *err)
{
    (void)words;
    const struct key_file_options *opts = target;
    struct arena arena;
    arena_init(&arena);
    struct data_dir dir = data_dir_at(&arena, opts->common.data_dir, opts->common.key_file);
    bool ok = keyring_rotate_file(dir.key_file, err);
    int server = ok ? data_dir_server(&dir) : 0;
    bool told = server > 0 && kill(server, SIGHUP) == 0;
    if (ok)
        printf("%s has a new key; %s\n", dir.key_file, what_happens(server, told));
    arena_finish(&arena);
    return ok;
}

int key_file_main(int argc, char **argv)
{
    static const struct subcommand commands[] = {
        {.title = "key-file rotate",
         .usage = "deskfleet key-file rotate --data-dir DIR [--key-file FILE]",
         .summary = "Adds a sealing key; secrets sealed with older ones are resealed.",
         .options = table,
         .target = &options,
         .run = rotate},
    };
    return subcommand_main(commands, countof(commands), "key-file", argc, argv);
}
