#include "base/options.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define FILE_CEILING (64u << 10)

static const struct option *find(const struct option *table, struct str name)
{
    for (; table->name; table++) {
        if (str_eq(name, str_from(table->name)))
            return table;
    }
    return NULL;
}

static bool set_int(const struct option *option, const char *value, int64_t *field, struct err *err)
{
    int64_t number;
    if (!str_to_i64(str_from(value), &number))
        return err_set(err, ERR_INVALID, "%s: '%s' is not a whole number", option->name, value);
    if (number < option->min || number > option->max)
        return err_set(err, ERR_INVALID, "%s: must be from %lld to %lld", option->name,
                       (long long)option->min, (long long)option->max);
    *field = number;
    return true;
}

static bool add_to_list(const struct option *option, const char *value, struct option_list *list,
                        struct err *err)
{
    if (list->count == OPTION_LIST_MAX)
        return err_set(err, ERR_INVALID, "%s: given more than %d times", option->name,
                       OPTION_LIST_MAX);
    list->values[list->count++] = value;
    return true;
}

static bool set(const struct option *option, const char *value, void *target, struct err *err)
{
    void *field = (char *)target + option->offset;
    switch (option->kind) {
    case OPTION_TEXT:
        *(const char **)field = value;
        return true;
    case OPTION_INT:
        return set_int(option, value, field, err);
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case OPTION_LIST:
        return add_to_list(option, value, field, err);
    }
    return false;
}

/* --- the command line --- */

struct words {
    int count;
    char **words;
    int at;
};

static bool take_option(const struct option *table, struct words *words, void *target,
                        struct err *err)
{
    const char *word = words->words[words->at++] + 2;
    const char *equals = strchr(word, '=');
    struct str name = equals ? str_of(word, (size_t)(equals - word)) : str_from(word);
    const struct option *option = find(table, name);
    if (!option)
        return err_set(err, ERR_INVALID, "unknown option --%.*s", STR_FMT(name));
    if (option->kind == OPTION_FLAG && equals)
        return err_set(err, ERR_INVALID, "--%s takes no value", option->name);
    const char *value = equals ? equals + 1 : NULL;
    if (option->kind != OPTION_FLAG && !equals) {
        if (words->at == words->count)
            return err_set(err, ERR_INVALID, "--%s needs a value (%s)", option->name,
                           option->argument);
        value = words->words[words->at++];
    }
    return set(option, value, target, err);
}

bool options_parse(const struct option *table, int argc, char **argv, void *target,
                   const char **positional, size_t max_positional, size_t *ret_count,
                   struct err *err)
{
    struct words words = {argc, argv, 0};
    size_t count = 0;
    bool options_ended = false;
    while (words.at < argc) {
        const char *word = argv[words.at];
        bool is_option = !options_ended && strncmp(word, "--", 2) == 0;
        if (is_option && word[2] != '\0') {
            if (!take_option(table, &words, target, err))
                return false;
            continue;
        }
        words.at++;
        options_ended = options_ended || is_option;
        if (is_option)
            continue;
        if (count == max_positional)
            return err_set(err, ERR_INVALID, "unexpected argument '%s'", word);
        positional[count++] = word;
    }
    *ret_count = count;
    return true;
}

/* --- files --- */

static bool take_line(const struct option *table, struct str line, void *target,
                      struct arena *arena, struct err *err)
{
    struct str name, value = line;
    if (line.len == 0 || line.ptr[0] == '#')
        return true;
    if (!str_split(&value, '=', &name) || str_is_null(value))
        return err_set(err, ERR_INVALID, "expected 'name = value'");
    name = str_trim(name);
    value = str_trim(value);
    const struct option *option = find(table, name);
    if (!option)
        return err_set(err, ERR_INVALID, "unknown setting '%.*s'", STR_FMT(name));
    if (option->kind == OPTION_FLAG) {
        bool is_true = str_eq(value, STR("true"));
        if (!is_true && !str_eq(value, STR("false")))
            return err_set(err, ERR_INVALID, "%s: must be true or false", option->name);
        *(bool *)(void *)((char *)target + option->offset) = is_true;
        return true;
    }
    return set(option, arena_cstr(arena, value), target, err);
}

bool options_read_file(const struct option *table, const char *path, void *target,
                       struct arena *arena, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_CEILING);
    bool ok = file_read(path, &text, err);
    struct str rest = buf_str(&text), line;
    for (int number = 1; ok && str_split(&rest, '\n', &line); number++) {
        struct err why;
        ok = take_line(table, str_trim(line), target, arena, &why) ||
             err_set(err, ERR_INVALID, "%s:%d: %s", path, number, why.message);
    }
    buf_finish(&text);
    return ok;
}

void options_print(const struct option *table)
{
    for (; table->name; table++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", table->name, table->argument ? " " : "",
                 table->argument ? table->argument : "");
        printf("  %-28s %s\n", left, table->help);
    }
}
