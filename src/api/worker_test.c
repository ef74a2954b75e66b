#include "api/worker.h"

#include <stdatomic.h>

#include "store/test_store.h"

struct counting {
    struct job job;
    atomic_int *count;
};

static void count(struct job *job, struct worker *worker)
{
    struct counting *counting = container_of(job, struct counting, job);
    assert_non_null(worker_snapshot(worker));
    atomic_fetch_add(counting->count, 1);
}

static void every_job_runs_once_and_before_the_end(void **state)
{
    struct test_store *t = *state;
    static struct counting jobs[5000];
    atomic_int done = 0;
    struct err err;
    struct worker_pool *pool = worker_pool_create(t->store, 4, countof(jobs), &err);
    assert_non_null(pool);
    for (size_t i = 0; i < countof(jobs); i++) {
        jobs[i] = (struct counting){.job.run = count, .count = &done};
        assert_true(worker_pool_submit(pool, &jobs[i].job));
        if (i % 7 == 0)
            worker_pool_wake(pool);
    }
    worker_pool_wake(pool);
    worker_pool_destroy(pool);
    assert_int_equal(done, countof(jobs));
}

static void a_full_queue_refuses_new_work_but_takes_second_halves(void **state)
{
    struct test_store *t = *state;
    atomic_int done = 0;
    struct counting first = {.job.run = count, .count = &done}, second = first;
    struct err err;
    struct worker_pool *pool = worker_pool_create(t->store, 1, 0, &err);
    assert_non_null(pool);
    assert_false(worker_pool_submit(pool, &first.job));
    worker_pool_continue(pool, &second.job);
    worker_pool_destroy(pool);
    assert_int_equal(done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_job_runs_once_and_before_the_end, test_store_setup,
                                        test_store_teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_refuses_new_work_but_takes_second_halves,
                                        test_store_setup, test_store_teardown),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
