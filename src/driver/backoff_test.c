#include "base/test.h"

#include "base/macros.h"
#include "driver/backoff.h"
#include "driver/ending.h"

#define MIDDLE (UINT32_MAX / 2)

static void test_table(void **state UNUSED)
{
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 16000, 16000, 16000};
    struct backoff backoff = {0};
    for (size_t i = 0; i < countof(expected); i++)
        assert_in_range(backoff_next_ms(&backoff, MIDDLE), expected[i] - 1, expected[i]);
}

static void test_spread(void **state UNUSED)
{
    struct backoff least = {0}, most = {0};
    assert_int_equal(backoff_next_ms(&least, 0), 700);
    assert_int_equal(backoff_next_ms(&most, UINT32_MAX), 1300);
    for (int i = 0; i < 10; i++) {
        backoff_next_ms(&least, 0);
        backoff_next_ms(&most, 0);
    }
    assert_int_equal(backoff_next_ms(&least, 0), 11200);
    assert_int_equal(backoff_next_ms(&most, UINT32_MAX), 20800);
}

static void test_only_a_lasting_connection_resets(void **state UNUSED)
{
    struct backoff backoff = {0};
    backoff_next_ms(&backoff, MIDDLE);
    backoff_connected(&backoff, BACKOFF_RESET_MS - 1);
    assert_in_range(backoff_next_ms(&backoff, MIDDLE), 1999, 2000);
    backoff_connected(&backoff, BACKOFF_RESET_MS);
    assert_in_range(backoff_next_ms(&backoff, MIDDLE), 999, 1000);
}

static const struct {
    int code;
    const char *reason;
    enum ending_verdict verdict;
    int64_t wait_ms;
} endings[] = {
    {0, NULL, ENDING_RETRY, 0},
    {401, NULL, ENDING_REJECTED, 0},
    {403, NULL, ENDING_REJECTED, 0},
    {429, NULL, ENDING_RETRY, 0},
    {503, NULL, ENDING_RETRY, 0},
    {1000, "", ENDING_RETRY, 0},
    {1006, "", ENDING_RETRY, 0},
    {1008, "", ENDING_RETRY, 0},
    {1011, "", ENDING_RETRY, 0},
    {4001, "no", ENDING_REJECTED, 0},
    {4009, "machine limit reached", ENDING_RETRY, 0},
    {4008, NULL, ENDING_WAIT, 60000},
    {4008, "slow down", ENDING_WAIT, 60000},
    {4008, "Too many. Wait 3 seconds", ENDING_WAIT, 3000},
    {4008, "retry-after=7", ENDING_WAIT, 7000},
    {4008, "Wait 0 seconds", ENDING_WAIT, 1000},
    {4008, "Wait x seconds", ENDING_WAIT, 60000},
    {4008, "Wait 99999999999999999999999 seconds", ENDING_WAIT, 300000},
};

static void test_endings(void **state UNUSED)
{
    for (size_t i = 0; i < countof(endings); i++) {
        struct ending ending = ending_judge(endings[i].code, str_from(endings[i].reason));
        assert_int_equal(ending.verdict, endings[i].verdict);
        assert_int_equal(ending.wait_ms, endings[i].wait_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_only_a_lasting_connection_resets),
        cmocka_unit_test(test_endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
