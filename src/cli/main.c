/* The `deskfleet` command: finds the verb. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "server/serve.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    {"init", init_main, "make a data directory and its first organization"},
    {"serve", serve_main, "serve the APIs"},
    {"key", key_main, "create, list and revoke API keys"},
    {"org", org_main, "create, list and rename organizations"},
    {"backup", backup_main, "copy the database while it is in use"},
    {"restore", restore_main, "make a data directory from a backup"},
    {"key-file", key_file_main, "rotate the key that seals secrets"},
};

static void print_help(FILE *out)
{
    fputs("usage: deskfleet VERB [...]\n\n", out);
    for (size_t i = 0; i < countof(verbs); i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\n'deskfleet VERB --help' tells more. Exit codes: 0 done, 1 failed, 2 wrong usage.\n",
          out);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fputs("deskfleet: libsodium cannot be initialised\n", stderr);
        return EXIT_FAILED;
    }
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "--help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(verb, "--version") == 0) {
        puts("deskfleet " DESKFLEET_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < countof(verbs); i++) {
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    }
    fprintf(stderr, "deskfleet: %s%s%s\n", *verb ? "unknown verb '" : "a verb is missing", verb,
            *verb ? "'" : "");
    print_help(stderr);
    return EXIT_USAGE;
}
