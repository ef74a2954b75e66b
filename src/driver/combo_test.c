#include "base/test.h"

#include "base/macros.h"
#include "driver/combo.h"
#include "driver/keysyms.h"

#define CTRL  0xffe3
#define ALT   0xffe9
#define SUPER 0xffeb
#define SHIFT 0xffe1

static const struct {
    const char *text;
    size_t groups;
    uint32_t keysyms[COMBO_MAX_KEYS]; /* of the last group */
} cases[] = {
    {"ctrl+c", 1, {CTRL, 'c'}},
    {"ctrl+C", 1, {CTRL, 'c'}},
    {"C", 1, {'C'}},
    {"  ctrl+c   alt+tab ", 2, {ALT, 0xff09}},
    {"c+ctrl", 1, {CTRL, 'c'}},
    {"a+shift+ctrl", 1, {SHIFT, CTRL, 'a'}},
    {"ctrl++", 1, {CTRL, '+'}},
    {"+", 1, {'+'}},
    {"page_up", 1, {0xff55}},
    {"Page_Up", 1, {0xff55}},
    {"pgdn", 1, {0xff56}},
    {"win+r", 1, {SUPER, 'r'}},
    {"cmd", 1, {SUPER}},
    {"meta", 1, {SUPER}},
    {"enter", 1, {0xff0d}},
    {"Return", 1, {0xff0d}},
    {"backspace", 1, {0xff08}},
    {"esc", 1, {0xff1b}},
    {"uparrow", 1, {0xff52}},
    {"f12", 1, {0xffc9}},
    {"space", 1, {' '}},
    {"ctrl+?", 1, {CTRL, '?'}},
    {"_", 1, {'_'}},
    {"\xc3\xa9", 1, {0xe9}},
    {"XF86AudioMute", 1, {0x1008ff12}},
};

static void test_parses(void **state UNUSED)
{
    for (size_t i = 0; i < countof(cases); i++) {
        struct combo combo;
        struct err err;
        assert_true(combo_parse(str_from(cases[i].text), &combo, &err));
        assert_int_equal(combo.count, cases[i].groups);
        const struct combo_group *last = &combo.groups[combo.count - 1];
        size_t count = 0;
        while (count < COMBO_MAX_KEYS && cases[i].keysyms[count])
            count++;
        assert_int_equal(last->count, count);
        assert_memory_equal(last->keysyms, cases[i].keysyms, count * sizeof(uint32_t));
    }
}

static void assert_refused(const char *text)
{
    struct combo combo;
    struct err err = {0};
    assert_false(combo_parse(str_from(text), &combo, &err));
    assert_int_equal(err.kind, ERR_INVALID);
}

static void test_refuses(void **state UNUSED)
{
    assert_refused("");
    assert_refused("   ");
    assert_refused("ctrl+");
    assert_refused("ctrl+foo");
    assert_refused("\x01");
    assert_refused("a+b+c+d+e+f+g+h+i");
    assert_refused("thisnameisfarlongerthananynameofakeythatxhasgivenever");

    char many[(COMBO_MAX_GROUPS + 1) * 2 + 1] = "";
    for (size_t i = 0; i <= COMBO_MAX_GROUPS; i++)
        memcpy(many + i * 2, "a ", 2);
    assert_refused(many);
    many[COMBO_MAX_GROUPS * 2] = '\0';
    struct combo combo;
    struct err err;
    assert_true(combo_parse(str_from(many), &combo, &err));
}

static void test_keysyms_of_characters(void **state UNUSED)
{
    assert_int_equal(keysym_of_char('\n'), 0xff0d);
    assert_int_equal(keysym_of_char('~'), '~');
    assert_int_equal(keysym_of_char(0x20ac), 0x20ac);    /* Euro has a keysym of its own */
    assert_int_equal(keysym_of_char(0x6f22), 0x1006f22); /* as most have not */
    assert_int_equal(keysym_of_char(0x1f642), 0x101f642);
    assert_int_equal(keysym_of_char(0), KEYSYM_NONE);
    assert_int_equal(keysym_of_char(0x7f), KEYSYM_NONE);
    assert_int_equal(keysym_of_char(0x85), KEYSYM_NONE);
    assert_int_equal(keysym_twin(0x6c1), 0x1000430); /* Cyrillic a */
    assert_int_equal(keysym_twin('a'), KEYSYM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_keysyms_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
