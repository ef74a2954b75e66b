#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/test.h"

#define THREADS 4
#define TASKS   20000

static struct net_loop *loop;
static unsigned next_number[THREADS];
static unsigned freed;

struct job {
    struct net_task task;
    struct net_parked parked;
    unsigned thread, number;
};

static void free_job(struct net_parked *parked)
{
    free(container_of(parked, struct job, parked));
    freed++;
}

/* Tasks of one thread run in its order, on the loop's thread; the job is of use until it returns.
 */
static void run_job(struct net_task *task)
{
    struct job *job = container_of(task, struct job, task);
    job->parked.free_parked = free_job;
    net_loop_park(loop, &job->parked);
    assert_true(net_loop_is_current(loop));
    assert_int_equal(job->number, next_number[job->thread]++);
}

static void *post_many(void *arg)
{
    unsigned thread = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < TASKS; i++) {
        struct job *job = MEM_NEW(struct job);
        job->thread = thread;
        job->number = i;
        job->task.run = run_job;
        net_loop_post(loop, &job->task);
    }
    return NULL;
}

static void test_post_from_many_threads(void **state)
{
    (void)state;
    struct err err;
    pthread_t threads[THREADS];
    loop = net_loop_create(&err);
    assert_true(net_loop_start(loop, "loop", &err));
    assert_false(net_loop_is_current(loop));
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    net_loop_join(loop);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(next_number[i], TASKS);
    net_loop_destroy(loop);
    assert_int_equal(freed, THREADS * TASKS);
}

static void test_date(void **state)
{
    (void)state;
    struct err err;
    struct net_loop *quiet = net_loop_create(&err);
    struct str date = net_loop_date(quiet);
    assert_int_equal(date.len, strlen("Sun, 22 Nov 2026 16:20:04 GMT"));
    assert_true(str_ends_with(date, STR(" GMT")));
    net_loop_destroy(quiet);
    net_loop_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post_from_many_threads),
        cmocka_unit_test(test_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
