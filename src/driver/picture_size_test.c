#include "base/test.h"

#include "base/macros.h"
#include "driver/picture_size.h"

static const struct {
    struct size wanted;
    const char *mode;
    struct size expected;
} cases[] = {
    {{0, 0}, NULL, {1024, 768}},
    {{0, 0}, "aspect_fit", {1024, 768}},
    {{640, 0}, NULL, {640, 800}},
    {{0, 100}, "exact", {1280, 100}},
    {{640, 480}, "nonsense", {640, 480}},
    {{640, 480}, "aspect_fit", {640, 400}},
    {{640, 480}, "aspect_fill", {768, 480}},
    {{400, 400}, "aspect_fit", {400, 250}},
    {{2000, 400}, "aspect_fit", {640, 400}},
    {{2000, 400}, "aspect_fill", {2000, 1250}},
    {{640, 0}, "aspect_fit", {640, 400}},
    {{1, 1}, "aspect_fit", {1, 1}},
    {{8192, 8192}, "aspect_fill", {8192, 8192}},
};

static void test_sizes(void **state UNUSED)
{
    for (size_t i = 0; i < countof(cases); i++) {
        struct size size = picture_size((struct size){1280, 800}, cases[i].wanted,
                                        picture_mode(str_from(cases[i].mode)));
        assert_int_equal(size.width, cases[i].expected.width);
        assert_int_equal(size.height, cases[i].expected.height);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
