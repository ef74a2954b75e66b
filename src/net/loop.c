#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <uv.h>

#include "base/mem.h"

#define DATE_SIZE 32

/* Loops that one thread can keep waiting at a time; more are woken at once. */
#define HELD_MAX 16

static _Thread_local const struct net_loop *current_loop;

/* Loops with posts that this thread has not announced yet. */
static _Thread_local struct {
    bool holding;
    size_t count;
    struct net_loop *loops[HELD_MAX];
} held;

struct net_loop {
    uv_loop_t uv;
    uv_async_t wake_up;
    uv_prepare_t before_sleep;
    uv_timer_t wheel_timer;
    struct timer_wheel wheel;
    _Atomic(struct net_task *) posted; /* newest first */
    atomic_bool announced;             /* a wake-up for what is posted is on its way */
    struct net_parked *parked;
    pthread_t thread;
    bool started;
    struct net_task stop;
    void (*turn_end)(void *ctx); /* or NULL */
    void *turn_end_ctx;
    time_t date_second;
    char date[DATE_SIZE];
    char read_buffer[NET_READ_SIZE];
};

static void free_parked(struct net_loop *loop)
{
    while (loop->parked) {
        struct net_parked *parked = loop->parked;
        loop->parked = parked->next;
        parked->free_parked(parked);
    }
}

static void run_posted(struct net_loop *loop)
{
    /* First this: what is posted from now on gets a wake-up of its own. */
    atomic_store(&loop->announced, false);
    struct net_task *newest = atomic_exchange(&loop->posted, NULL);
    struct net_task *oldest = NULL;
    while (newest) {
        struct net_task *task = newest;
        newest = task->next;
        task->next = oldest;
        oldest = task;
    }
    while (oldest) {
        struct net_task *task = oldest;
        oldest = task->next;
        task->run(task);
    }
}

static void on_wake_up(uv_async_t *async)
{
    run_posted(async->data);
}

/* libuv's order in a turn: timers, prepare, poll, closing. Prepare is the last stop before the
 * loop sleeps, with no callback of ours on the stack. */
static void on_before_sleep(uv_prepare_t *prepare)
{
    struct net_loop *loop = prepare->data;
    if (loop->turn_end)
        loop->turn_end(loop->turn_end_ctx);
    free_parked(loop);
}

static void on_wheel_timer(uv_timer_t *timer)
{
    struct net_loop *loop = timer->data;
    timer_wheel_advance(&loop->wheel);
}

static int64_t wheel_clock(struct timer_wheel *wheel)
{
    struct net_loop *loop = container_of(wheel, struct net_loop, wheel);
    return (int64_t)uv_now(&loop->uv);
}

static void wheel_wake_in(struct timer_wheel *wheel, int64_t delay_ms)
{
    struct net_loop *loop = container_of(wheel, struct net_loop, wheel);
    uv_timer_start(&loop->wheel_timer, on_wheel_timer, (uint64_t)delay_ms, 0);
}

struct net_loop *net_loop_create(struct err *err)
{
    struct net_loop *loop = MEM_NEW(struct net_loop);
    int error = uv_loop_init(&loop->uv);
    if (error == 0)
        error = uv_async_init(&loop->uv, &loop->wake_up, on_wake_up);
    if (error != 0) {
        err_set(err, ERR_INTERNAL, "cannot create an event loop: %s", uv_strerror(error));
        free(loop);
        return NULL;
    }
    loop->wake_up.data = loop;
    uv_prepare_init(&loop->uv, &loop->before_sleep);
    loop->before_sleep.data = loop;
    uv_prepare_start(&loop->before_sleep, on_before_sleep);
    uv_unref((uv_handle_t *)&loop->before_sleep);
    uv_timer_init(&loop->uv, &loop->wheel_timer);
    loop->wheel_timer.data = loop;
    uv_unref((uv_handle_t *)&loop->wheel_timer);
    timer_wheel_init(&loop->wheel, wheel_clock, wheel_wake_in);
    return loop;
}

static void *run_thread(void *arg)
{
    struct net_loop *loop = arg;
    current_loop = loop;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

bool net_loop_start(struct net_loop *loop, const char *name, struct err *err)
{
    /* Signals are for the main thread. SIGPIPE above all must not end the process. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&loop->thread, NULL, run_thread, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return err_set_errno(err, ERR_INTERNAL, error, "cannot start a network thread");
    loop->started = true;
    pthread_setname_np(loop->thread, name);
    return true;
}

/* Without this reference the loop ends when the last handle of its users is closed. */
static void stop_run(struct net_task *task)
{
    struct net_loop *loop = container_of(task, struct net_loop, stop);
    uv_unref((uv_handle_t *)&loop->wake_up);
}

void net_loop_join(struct net_loop *loop)
{
    if (!loop->started)
        return;
    loop->stop.run = stop_run;
    net_loop_post(loop, &loop->stop);
    pthread_join(loop->thread, NULL);
    loop->started = false;
}

void net_loop_destroy(struct net_loop *loop)
{
    if (!loop)
        return;
    run_posted(loop);
    uv_close((uv_handle_t *)&loop->wake_up, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->wheel_timer, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    /* What closing has left behind. */
    run_posted(loop);
    free_parked(loop);
    uv_loop_close(&loop->uv);
    free(loop);
}

static void announce(struct net_loop *loop)
{
    if (!atomic_exchange(&loop->announced, true))
        uv_async_send(&loop->wake_up);
}

/* False when there is no room to remember the loop. */
static bool hold(struct net_loop *loop)
{
    for (size_t i = 0; i < held.count; i++) {
        if (held.loops[i] == loop)
            return true;
    }
    if (held.count == HELD_MAX)
        return false;
    held.loops[held.count++] = loop;
    return true;
}

void net_loop_post(struct net_loop *loop, struct net_task *task)
{
    struct net_task *newest = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&loop->posted, &newest, task,
                                                    memory_order_seq_cst, memory_order_relaxed));
    if (!held.holding || !hold(loop))
        announce(loop);
}

void net_posts_hold(void)
{
    held.holding = true;
}

void net_posts_release(void)
{
    held.holding = false;
    while (held.count > 0)
        announce(held.loops[--held.count]);
}

void net_loop_at_turn_end(struct net_loop *loop, void (*run)(void *ctx), void *ctx)
{
    loop->turn_end = run;
    loop->turn_end_ctx = ctx;
}

bool net_loop_is_current(const struct net_loop *loop)
{
    return current_loop == loop;
}

void net_loop_park(struct net_loop *loop, struct net_parked *parked)
{
    parked->next = loop->parked;
    loop->parked = parked;
}

struct timer_wheel *net_loop_timers(struct net_loop *loop)
{
    return &loop->wheel;
}

struct uv_loop_s *net_loop_uv(struct net_loop *loop)
{
    return &loop->uv;
}

char *net_loop_read_buffer(struct net_loop *loop)
{
    return loop->read_buffer;
}

struct str net_loop_date(struct net_loop *loop)
{
    time_t now = time(NULL);
    if (now != loop->date_second) {
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(loop->date, sizeof(loop->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
        loop->date_second = now;
    }
    return str_from(loop->date);
}
