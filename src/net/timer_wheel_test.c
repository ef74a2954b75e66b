#include "net/timer_wheel.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/test.h"

static struct timer_wheel wheel;
static int64_t now;
static int64_t wake_at; /* when the loop would call, in ms */

static int64_t clock_ms(struct timer_wheel *w)
{
    (void)w;
    return now;
}

static void wake_in(struct timer_wheel *w, int64_t delay_ms)
{
    (void)w;
    wake_at = now + delay_ms;
}

struct probe {
    struct net_timer timer;
    int64_t set_at, delay;
    int64_t fired_at; /* -1: not yet */
};

static void on_fire(struct net_timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, timer);
    assert_int_equal(probe->fired_at, -1);
    probe->fired_at = now;
}

static void start(struct probe *probe, int64_t delay)
{
    probe->set_at = now;
    probe->delay = delay;
    probe->fired_at = -1;
    timer_set(&wheel, &probe->timer, delay);
}

static int set_up(void **state)
{
    (void)state;
    now = 123457;
    wake_at = INT64_MAX;
    timer_wheel_init(&wheel, clock_ms, wake_in);
    return 0;
}

/* Does what the loop does until `until`; returns how often it was woken. */
static size_t run_until(int64_t until)
{
    size_t wakes = 0;
    while (wake_at <= until) {
        now = MAX_OF(now, wake_at);
        wake_at = INT64_MAX;
        timer_wheel_advance(&wheel);
        wakes++;
    }
    now = until;
    return wakes;
}

static void test_never_early_and_precise(void **state)
{
    (void)state;
    static struct probe probes[2000];
    srandom(7);
    for (size_t i = 0; i < countof(probes); i++) {
        timer_init(&probes[i].timer, on_fire);
        int64_t reach = INT64_C(1) << (random() % 29);
        start(&probes[i], random() % reach);
    }
    run_until(now + (INT64_C(1) << 29));
    for (size_t i = 0; i < countof(probes); i++) {
        int64_t late = probes[i].fired_at - probes[i].set_at - probes[i].delay;
        if (probes[i].fired_at < 0 || late < 0 || late > 2 * TIMER_TICK_MS)
            fail_msg("%d ms fired %d ms late", (int)probes[i].delay, (int)late);
    }
}

/* Longer than the wheel's reach of 37 hours. */
static void test_very_long(void **state)
{
    (void)state;
    struct probe probe;
    timer_init(&probe.timer, on_fire);
    start(&probe, INT64_C(1000) * 3600 * 1000);
    run_until(now + probe.delay - 1);
    assert_int_equal(probe.fired_at, -1);
    run_until(now + 2 * TIMER_TICK_MS);
    assert_true(probe.fired_at > 0);
}

static void test_move_and_cancel(void **state)
{
    (void)state;
    struct probe moved, cancelled;
    timer_init(&moved.timer, on_fire);
    timer_init(&cancelled.timer, on_fire);
    start(&moved, 100);
    start(&cancelled, 100);
    run_until(now + 50);
    start(&moved, 100);
    timer_cancel(&cancelled.timer);
    assert_false(timer_is_set(&cancelled.timer));
    run_until(now + 80);
    assert_int_equal(moved.fired_at, -1);
    run_until(now + 40);
    assert_true(moved.fired_at >= moved.set_at + 100);
    assert_int_equal(cancelled.fired_at, -1);
}

static struct probe other;

static void cancel_other(struct net_timer *timer)
{
    (void)timer;
    timer_cancel(&other.timer);
}

static void test_cancel_of_one_due_in_the_same_tick(void **state)
{
    (void)state;
    struct net_timer first;
    timer_init(&first, cancel_other);
    timer_init(&other.timer, on_fire);
    timer_set(&wheel, &first, 64);
    start(&other, 64);
    run_until(now + 1000);
    assert_int_equal(other.fired_at, -1);
}

/* 10,000 idle connections must not keep the processor busy. */
static void test_wakes_are_few(void **state)
{
    (void)state;
    static struct probe probes[10000];
    for (size_t i = 0; i < countof(probes); i++) {
        timer_init(&probes[i].timer, on_fire);
        start(&probes[i], 75000);
    }
    assert_true(run_until(now + 74000) < 10);
    for (size_t i = 0; i < countof(probes); i++)
        timer_cancel(&probes[i].timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_never_early_and_precise, set_up),
        cmocka_unit_test_setup(test_very_long, set_up),
        cmocka_unit_test_setup(test_move_and_cancel, set_up),
        cmocka_unit_test_setup(test_cancel_of_one_due_in_the_same_tick, set_up),
        cmocka_unit_test_setup(test_wakes_are_few, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
