#include "base/map.h"

#include <stdio.h>

#include "base/test.h"

static void test_put_get_remove(void **state)
{
    (void)state;
    static char keys[5000][8];
    struct map map;
    map_init(&map);
    for (size_t i = 0; i < countof(keys); i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        assert_null(map_put(&map, str_from(keys[i]), keys[i]));
    }
    for (size_t i = 0; i < countof(keys); i += 2)
        assert_ptr_equal(map_remove(&map, str_from(keys[i])), keys[i]);
    for (size_t i = 0; i < countof(keys); i++)
        assert_ptr_equal(map_get(&map, str_from(keys[i])), i % 2 ? keys[i] : NULL);
    size_t cursor = 0, seen = 0;
    while (map_next(&map, &cursor))
        seen++;
    assert_int_equal(seen, map.count);
    map_finish(&map);
}

static void test_churn_does_not_grow_the_table(void **state)
{
    (void)state;
    struct map map;
    map_init(&map);
    int value;
    for (int i = 0; i < 100000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "k%d", i);
        map_put(&map, str_from(key), &value);
        assert_non_null(map_remove(&map, str_from(key)));
    }
    assert_true(map.capacity <= 64);
    map_finish(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_get_remove),
        cmocka_unit_test(test_churn_does_not_grow_the_table),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
