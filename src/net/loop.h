/* An event loop on a thread of its own. Everything below except net_loop_post is for the loop's
 * thread, or for any thread while the loop is not running. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/timer_wheel.h"

struct uv_loop_s;
struct net_loop;

/* A piece of work for the loop's thread. It lies in the object it is about, and must not be
 * posted again before it has run. */
struct net_task {
    struct net_task *next;
    void (*run)(struct net_task *task);
};

/* Bytes one read may deliver; the size of the buffer all streams of a loop share. */
#define NET_READ_SIZE (64u * 1024)

struct net_loop *net_loop_create(struct err *err);

/* Starts the thread. `name` is shown by ps and gdb (15 characters). */
bool net_loop_start(struct net_loop *loop, const char *name, struct err *err);

/* Waits until every handle is closed and the thread has ended. The owners of streams, listeners
 * and timers must have closed them, or be closing them from tasks. */
void net_loop_join(struct net_loop *loop);

/* The loop must not be running. NULL is fine. */
void net_loop_destroy(struct net_loop *loop);

/* Any thread. Runs the task on the loop's thread, in order of posting for one poster. One wake-up
 * carries all tasks posted meanwhile. */
void net_loop_post(struct net_loop *loop, struct net_task *task);

/* Between the two, posts of the calling thread wake no loop; the release wakes each loop that got
 * some, once. For a thread that answers many requests in one go; keep it short. */
void net_posts_hold(void);
void net_posts_release(void);

/* `run` is called on the loop's thread when the callbacks of a turn are through, before the loop
 * sleeps. Set it before the loop starts. */
void net_loop_at_turn_end(struct net_loop *loop, void (*run)(void *ctx), void *ctx);

bool net_loop_is_current(const struct net_loop *loop);

/* Nothing is freed inside a callback that may still use it: an object that is done is parked, and
 * `free_parked` runs when no callback is on the stack, before the loop sleeps. */
struct net_parked {
    struct net_parked *next;
    void (*free_parked)(struct net_parked *parked);
};
void net_loop_park(struct net_loop *loop, struct net_parked *parked);

/* Timers of this loop: set with timer_set(net_loop_timers(loop), timer, ms, fire). */
struct timer_wheel *net_loop_timers(struct net_loop *loop);

struct uv_loop_s *net_loop_uv(struct net_loop *loop);

/* NET_READ_SIZE bytes that belong to whoever runs right now; an idle connection holds none. */
char *net_loop_read_buffer(struct net_loop *loop);

/* "Sun, 22 Nov 2026 16:20:04 GMT", made at most once a second. */
struct str net_loop_date(struct net_loop *loop);

#endif
