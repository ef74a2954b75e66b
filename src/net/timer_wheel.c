#include "net/timer_wheel.h"

#include "base/macros.h"

/* Level `l` has slots of 64^l ticks. A timer waits in the lowest level whose 64 slots reach its
 * tick; when the wheel enters a slot of a higher level, its timers are placed anew. */

#define SLOT_MASK (TIMER_SLOTS - 1)
#define REACH     ((INT64_C(1) << (TIMER_LEVELS * TIMER_SLOT_BITS)) - 1)

static unsigned level_shift(unsigned level)
{
    return level * TIMER_SLOT_BITS;
}

void timer_wheel_init(struct timer_wheel *wheel, int64_t (*clock_ms)(struct timer_wheel *wheel),
                      void (*wake_in)(struct timer_wheel *wheel, int64_t delay_ms))
{
    *wheel = (struct timer_wheel){.clock_ms = clock_ms, .wake_in = wake_in, .wake = TIMER_NEVER};
    for (unsigned level = 0; level < TIMER_LEVELS; level++) {
        for (unsigned slot = 0; slot < TIMER_SLOTS; slot++)
            list_init(&wheel->slots[level][slot]);
    }
    wheel->now = clock_ms(wheel) / TIMER_TICK_MS;
}

/* The first tick after `now` at which a slot of this level that may hold timers is entered. */
static int64_t next_entry(const struct timer_wheel *wheel, unsigned level)
{
    uint64_t occupied = wheel->occupied[level];
    if (occupied == 0)
        return TIMER_NEVER;
    int64_t current = wheel->now >> level_shift(level);
    unsigned first = (unsigned)((current + 1) & SLOT_MASK);
    uint64_t ahead = occupied >> first | (first ? occupied << (TIMER_SLOTS - first) : 0);
    return (current + 1 + __builtin_ctzll(ahead)) << level_shift(level);
}

static int64_t next_event(const struct timer_wheel *wheel)
{
    int64_t next = TIMER_NEVER;
    for (unsigned level = 0; level < TIMER_LEVELS; level++) {
        int64_t entry = next_entry(wheel, level);
        next = MIN_OF(next, entry);
    }
    return next;
}

/* Returns the tick at which the wheel must look at the timer next. */
static int64_t place(struct timer_wheel *wheel, struct net_timer *timer)
{
    int64_t delta = MIN_OF(timer->due - wheel->now, REACH);
    int64_t tick = wheel->now + delta;
    unsigned level = (63u - (unsigned)__builtin_clzll((uint64_t)delta)) / TIMER_SLOT_BITS;
    int64_t index = tick >> level_shift(level);
    unsigned slot = (unsigned)(index & SLOT_MASK);
    list_append(&wheel->slots[level][slot], &timer->node);
    wheel->occupied[level] |= UINT64_C(1) << slot;
    return index << level_shift(level);
}

static void ask_for_wake(struct timer_wheel *wheel, int64_t tick)
{
    wheel->wake = tick;
    int64_t delay = tick * TIMER_TICK_MS - wheel->clock_ms(wheel);
    wheel->wake_in(wheel, MAX_OF(delay, 0));
}

/* Moves the timers of a slot to `timers`. */
static void take_slot(struct timer_wheel *wheel, unsigned level, struct list_node *timers)
{
    unsigned slot = (unsigned)((wheel->now >> level_shift(level)) & SLOT_MASK);
    wheel->occupied[level] &= ~(UINT64_C(1) << slot);
    list_for_each (node, &wheel->slots[level][slot]) {
        list_remove(node);
        list_append(timers, node);
    }
}

/* Enters the tick `wheel->now`: timers of higher levels come down or are due. */
static void take_due(struct timer_wheel *wheel, struct list_node *due)
{
    for (unsigned level = TIMER_LEVELS - 1; level > 0; level--) {
        if (wheel->now & ((INT64_C(1) << level_shift(level)) - 1))
            continue;
        struct list_node moving;
        list_init(&moving);
        take_slot(wheel, level, &moving);
        list_for_each (node, &moving) {
            struct net_timer *timer = container_of(node, struct net_timer, node);
            list_remove(node);
            if (timer->due <= wheel->now)
                list_append(due, node);
            else
                place(wheel, timer);
        }
    }
    take_slot(wheel, 0, due);
}

/* Timers that fire may set and cancel others, so each is taken off before its turn. */
static void fire_all(struct list_node *due)
{
    while (!list_is_empty(due)) {
        struct net_timer *timer = container_of(due->next, struct net_timer, node);
        list_remove(&timer->node);
        timer->fire(timer);
    }
}

void timer_wheel_advance(struct timer_wheel *wheel)
{
    int64_t target = wheel->clock_ms(wheel) / TIMER_TICK_MS;
    wheel->wake = TIMER_NEVER;
    int64_t next = next_event(wheel);
    while (next <= target) {
        struct list_node due;
        list_init(&due);
        wheel->now = next;
        take_due(wheel, &due);
        fire_all(&due);
        next = next_event(wheel);
    }
    wheel->now = MAX_OF(target, wheel->now);
    if (next != TIMER_NEVER)
        ask_for_wake(wheel, next);
}

void timer_init(struct net_timer *timer, void (*fire)(struct net_timer *timer))
{
    list_init(&timer->node);
    timer->fire = fire;
}

void timer_set(struct timer_wheel *wheel, struct net_timer *timer, int64_t delay_ms)
{
    list_remove(&timer->node);
    /* One tick more: the current one has begun already. */
    timer->due = (wheel->clock_ms(wheel) + delay_ms) / TIMER_TICK_MS + 1;
    int64_t tick = place(wheel, timer);
    if (tick < wheel->wake)
        ask_for_wake(wheel, tick);
}

void timer_cancel(struct net_timer *timer)
{
    list_remove(&timer->node);
}

bool timer_is_set(const struct net_timer *timer)
{
    return !list_is_empty(&timer->node);
}
