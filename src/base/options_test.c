#include "base/options.h"

#include "base/test.h"

struct target {
    const char *name;
    int64_t count;
    bool loud;
    struct option_list list;
};

static const struct option table[] = {
    {"name", OPTION_TEXT, offsetof(struct target, name), "NAME", "a name", 0, 0},
    {"count", OPTION_INT, offsetof(struct target, count), "N", "a number", 1, 9},
    {"loud", OPTION_FLAG, offsetof(struct target, loud), NULL, "a flag", 0, 0},
    {"list", OPTION_LIST, offsetof(struct target, list), "X", "a list", 0, 0},
    {0},
};

static bool parse(char **argv, int argc, struct target *target, size_t *count, struct err *err)
{
    const char *positional[1];
    *target = (struct target){0};
    return options_parse(table, argc, argv, target, positional, 1, count, err);
}

static void test_reads_every_kind(void **state)
{
    (void)state;
    char *argv[] = {(char[]){"--name"}, (char[]){"x"},       (char[]){"--count=7"},
                    (char[]){"file"},   (char[]){"--loud"},  (char[]){"--list"},
                    (char[]){"a"},      (char[]){"--list=b"}};
    struct target target;
    struct err err;
    size_t count;
    assert_true(parse(argv, 8, &target, &count, &err));
    assert_string_equal(target.name, "x");
    assert_int_equal(target.count, 7);
    assert_true(target.loud);
    assert_int_equal(target.list.count, 2);
    assert_int_equal(count, 1);
}

static void test_names_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *words[2];
        int count;
        const char *message;
    } cases[] = {
        {{"--nope"}, 1, "unknown option --nope"},
        {{"--name"}, 1, "--name needs a value (NAME)"},
        {{"--loud=yes"}, 1, "--loud takes no value"},
        {{"--count=x"}, 1, "count: 'x' is not a whole number"},
        {{"--count=10"}, 1, "count: must be from 1 to 9"},
        {{"a", "b"}, 2, "unexpected argument 'b'"},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        char words[2][32];
        char *argv[2] = {words[0], words[1]};
        for (int j = 0; j < cases[i].count; j++)
            snprintf(words[j], sizeof(words[j]), "%s", cases[i].words[j]);
        struct target target;
        struct err err;
        size_t count;
        assert_false(parse(argv, cases[i].count, &target, &count, &err));
        assert_string_equal(err.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_every_kind),
        cmocka_unit_test(test_names_the_fault),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
