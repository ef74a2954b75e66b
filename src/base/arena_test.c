#include "base/arena.h"

#include "base/test.h"

static void test_memory_is_zeroed_aligned_and_separate(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 1; size < 9000; size += 37) {
        unsigned char *bytes = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xa5, size);
    }
    arena_finish(&arena);
}

static void test_nothing_is_a_valid_amount(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_non_null(arena_alloc(&arena, 0));
    assert_non_null(ARENA_ARRAY(&arena, 0, int));
    arena_finish(&arena);
}

static void test_adopted_memory_is_freed_with_the_arena(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena_adopt(&arena, malloc(100)); /* the leak checker sees to it */
    arena_adopt(&arena, NULL);
    arena_finish(&arena);
}

static void test_large_objects_keep_the_small_chunk_in_use(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    arena_alloc(&arena, 16);
    size_t before = arena.total;
    arena_alloc(&arena, 100000);
    arena_alloc(&arena, 16);
    assert_int_equal(arena.total - before, 100000);
    arena_finish(&arena);
    assert_int_equal(arena.total, 0);
}

static void test_strings(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_str_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    assert_str_equal(arena_str(&arena, STR("ab")), "ab");
    assert_null(arena_cstr(&arena, STR_NULL));
    assert_string_equal(arena_cstr(&arena, STR("")), "");
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_separate),
        cmocka_unit_test(test_nothing_is_a_valid_amount),
        cmocka_unit_test(test_adopted_memory_is_freed_with_the_arena),
        cmocka_unit_test(test_large_objects_keep_the_small_chunk_in_use),
        cmocka_unit_test(test_strings),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
