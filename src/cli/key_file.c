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
    COMMON_OPTIONS(struct key_file_options),
    {0},
};

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
    if (server > 0)
        kill(server, SIGHUP);
    if (ok)
        printf("%s has a new key; %s\n", dir.key_file,
               server > 0 ? "the running server reseals now" : "the next server to start reseals");
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
