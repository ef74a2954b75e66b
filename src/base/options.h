/* Options by table: the same rows read the command line and configuration files, and print the
 * help. `--name VALUE`, `--name=VALUE` and `--flag` are accepted; "--" ends the options. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum option_kind {
    OPTION_TEXT, /* const char * */
    OPTION_INT,  /* int64_t within [min, max] */
    OPTION_FLAG, /* bool */
    OPTION_LIST, /* struct option_list: may be given several times */
};

#define OPTION_LIST_MAX 16

struct option_list {
    const char *values[OPTION_LIST_MAX];
    size_t count;
};

struct option {
    const char *name; /* without the dashes; NULL ends a table */
    enum option_kind kind;
    size_t offset;        /* of the field in the target struct */
    const char *argument; /* "DIR", for the help; NULL of a flag */
    const char *help;
    int64_t min, max; /* OPTION_INT */
};

/* Fills the fields of `target` that are given; texts point into argv. Other words go to
 * `positional`, at most `max_positional`. ERR_INVALID names what is wrong. */
bool options_parse(const struct option *table, int argc, char **argv, void *target,
                   const char **positional, size_t max_positional, size_t *ret_count,
                   struct err *err);

/* Lines of `name = value`, empty lines, and comments from '#' at the start of a line. Texts live in
 * the arena. A list's values from the file come before those given already. */
bool options_read_file(const struct option *table, const char *path, void *target,
                       struct arena *arena, struct err *err);

/* One line an option, to standard output. */
void options_print(const struct option *table);

#endif
