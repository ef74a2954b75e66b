#include "base/uuid.h"

#include "base/test.h"

static void test_new_ids_increase_and_parse(void **state)
{
    (void)state;
    struct uuid last = uuid_new();
    for (int i = 0; i < 20000; i++) {
        struct uuid next = uuid_new(), parsed;
        char reason[UUID_REASON_SIZE];
        assert_true(strcmp(last.text, next.text) < 0);
        assert_true(uuid_parse(uuid_str(&next), &parsed, reason));
        assert_string_equal(parsed.text, next.text);
        assert_int_equal(next.text[14], '7');
        last = next;
    }
    assert_int_equal(uuid_random().text[14], '4');
}

static void test_accepts_every_spelling(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        "550e8400-e29b-41d4-a716-446655440000",
        "550E8400E29B41D4A716446655440000",
        "{550e8400-e29b-41d4-a716-446655440000}",
        "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
    };
    for (size_t i = 0; i < countof(spellings); i++) {
        struct uuid uuid;
        char reason[UUID_REASON_SIZE];
        assert_true(uuid_parse(str_from(spellings[i]), &uuid, reason));
        assert_string_equal(uuid.text, spellings[0]);
    }
}

static void test_names_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"nope", "invalid character: expected an optional prefix of `urn:uuid:` followed by "
                 "[0-9a-fA-F-], found `n` at 1"},
        {"", "invalid length: expected length 32 for simple format, found 0"},
        {"123", "invalid length: expected length 32 for simple format, found 3"},
        {"550e8400-e29b", "invalid group count: expected 5, found 2"},
        {"550e8400-e29b-41d4-a716-44665544000",
         "invalid group length in group 4: expected 12, found 11"},
        {"550e8400\xc3\xa9", "invalid character: expected an optional prefix of `urn:uuid:` "
                             "followed by [0-9a-fA-F-], found `\xc3\xa9` at 9"},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct uuid uuid;
        char reason[UUID_REASON_SIZE];
        assert_false(uuid_parse(str_from(cases[i].text), &uuid, reason));
        assert_string_equal(reason, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_ids_increase_and_parse),
        cmocka_unit_test(test_accepts_every_spelling),
        cmocka_unit_test(test_names_the_fault),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
