#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

#define MAX_POSITIONAL 4

static void print_help(const struct subcommand *command)
{
    printf("usage: %s\n\n%s\n\n", command->usage, command->summary);
    options_print(command->options);
}

static int wrong_usage(const struct subcommand *command, const char *message)
{
    fprintf(stderr, "deskfleet %s: %s\nusage: %s\n", command->title, message, command->usage);
    return EXIT_USAGE;
}

static bool run_with_session(const struct subcommand *command, const char *const *words,
                             struct err *err)
{
    struct session session;
    bool ok = session_open(&session, command->target, err) &&
              command->run_open(&session, words, command->target, err);
    session_close(&session);
    return ok;
}

static int run(const struct subcommand *command, const char *const *words)
{
    struct err err;
    bool ok = command->run ? command->run(words, command->target, &err)
                           : run_with_session(command, words, &err);
    if (ok)
        return EXIT_DONE;
    fprintf(stderr, "deskfleet %s: %s\n", command->title, err.message);
    return EXIT_FAILED;
}

int command_main(const struct subcommand *command, int argc, char **argv)
{
    const struct common_options *common = command->target;
    const char *words[MAX_POSITIONAL];
    size_t count;
    struct err err;
    if (!options_parse(command->options, argc, argv, command->target, words, command->positional,
                       &count, &err))
        return wrong_usage(command, err.message);
    if (common->help) {
        print_help(command);
        return EXIT_DONE;
    }
    if (count < command->positional)
        return wrong_usage(command, "an argument is missing");
    if (!common->data_dir)
        return wrong_usage(command, "--data-dir is missing");
    return run(command, words);
}

static void print_list(const struct subcommand *commands, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %s\n      %s\n", commands[i].usage, commands[i].summary);
}

static const char *last_word(const char *title)
{
    const char *space = strrchr(title, ' ');
    return space ? space + 1 : title;
}

int subcommand_main(const struct subcommand *commands, size_t count, const char *verb, int argc,
                    char **argv)
{
    if (argc > 0 && strcmp(argv[0], "--help") == 0) {
        print_list(commands, count, stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc > 0 && i < count; i++) {
        if (strcmp(argv[0], last_word(commands[i].title)) == 0)
            return command_main(&commands[i], argc - 1, argv + 1);
    }
    if (argc > 0)
        fprintf(stderr, "deskfleet %s: unknown command '%s'\n", verb, argv[0]);
    else
        fprintf(stderr, "deskfleet %s: a command is missing\n", verb);
    print_list(commands, count, stderr);
    return EXIT_USAGE;
}
