/* The verbs of the `deskfleet` command. Each gets the words behind its own name and returns the
 * exit code: 0 done, 1 failed (one line on standard error says why), 2 wrong usage. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/options.h"

int init_main(int argc, char **argv);
int key_main(int argc, char **argv);
int org_main(int argc, char **argv);
int backup_main(int argc, char **argv);
int restore_main(int argc, char **argv);
int key_file_main(int argc, char **argv);

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
};

struct session;

/* One verb ("init"), or one below a verb ("key create"). */
struct subcommand {
    const char *title; /* "key create": the last word is what is typed below the verb */
    const char *usage;
    const char *summary;
    const struct option *options;
    void *target;      /* what `options` fill; a struct that starts with struct common_options */
    size_t positional; /* how many words it takes beside options; they come in order */
    /* One of the two: on its own, or with the data directory opened for it. */
    bool (*run)(const char *const *words, const void *target, struct err *err);
    bool (*run_open)(struct session *session, const char *const *words, const void *target,
                     struct err *err);
};

/* Parses the words, prints help for --help, runs. Returns the exit code. */
int command_main(const struct subcommand *command, int argc, char **argv);

/* Finds the verb below `verb` in the first word, then as command_main. */
int subcommand_main(const struct subcommand *commands, size_t count, const char *verb, int argc,
                    char **argv);

#endif
