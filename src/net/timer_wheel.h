/* Timers that cost O(1) to set, move and cancel, all behind one timer of the event loop. Four
 * levels of 64 slots; a timer of a higher level moves down when its time comes near. Precise to
 * TIMER_TICK_MS, never early. Loop thread only. */
#ifndef NET_TIMER_WHEEL_H
#define NET_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define TIMER_TICK_MS   8
#define TIMER_LEVELS    4
#define TIMER_SLOT_BITS 6
#define TIMER_SLOTS     (1 << TIMER_SLOT_BITS)
#define TIMER_NEVER     INT64_MAX

struct net_timer {
    struct list_node node;
    int64_t due; /* in ticks */
    void (*fire)(struct net_timer *timer);
};

struct timer_wheel {
    int64_t now;  /* the tick up to which everything has fired */
    int64_t wake; /* the tick the event loop was asked to wake at, or TIMER_NEVER */
    uint64_t occupied[TIMER_LEVELS]; /* a bit for each slot that may hold a timer */
    struct list_node slots[TIMER_LEVELS][TIMER_SLOTS];
    /* Asks the event loop to call timer_wheel_advance in `delay_ms` milliseconds. */
    void (*wake_in)(struct timer_wheel *wheel, int64_t delay_ms);
    int64_t (*clock_ms)(struct timer_wheel *wheel);
};

void timer_wheel_init(struct timer_wheel *wheel, int64_t (*clock_ms)(struct timer_wheel *wheel),
                      void (*wake_in)(struct timer_wheel *wheel, int64_t delay_ms));

/* Fires what is due and asks for the next wake-up. */
void timer_wheel_advance(struct timer_wheel *wheel);

/* Before the first timer_set. */
void timer_init(struct net_timer *timer, void (*fire)(struct net_timer *timer));

/* Sets or moves the timer to `delay_ms` from now. */
void timer_set(struct timer_wheel *wheel, struct net_timer *timer, int64_t delay_ms);

/* Fine when it is not set. */
void timer_cancel(struct net_timer *timer);

bool timer_is_set(const struct net_timer *timer);

#endif
