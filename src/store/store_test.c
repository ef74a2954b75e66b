/* Groups of writes, snapshots, failures of single statements: what store.h promises. */
#include "store/store.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "store/events.h"
#include "store/organizations.h"
#include "store/settings.h"
#include "store/test_store.h"

enum { THREADS = 4, WRITES = 500 };

/* One write in ten refuses, one in ten fails in a statement; both after a change. */
enum plan { KEEP, REFUSE, BREAK };

static enum plan plan_of(int number)
{
    if (number % 10 == 3)
        return REFUSE;
    return number % 10 == 7 ? BREAK : KEEP;
}

struct counted_write {
    struct write write;
    int number;
    struct err err;
    atomic_int *pending;
    int done_calls;
    bool committed;
};

static void append_numbered(struct tx *tx, int number)
{
    struct event_row row = {
        .organization_id = ORG_A, .type = STR("test"), .subject_id = STR("x"), .at = number};
    events_append(tx, &row);
}

/* A row of an organization that does not exist breaks a rule of the database. */
static void break_a_rule(struct tx *tx)
{
    events_append(tx, &(struct event_row){.organization_id = STR("org_none"),
                                          .type = STR("t"),
                                          .subject_id = STR("s")});
}

static bool run_counted(struct tx *tx, struct write *write)
{
    struct counted_write *w = container_of(write, struct counted_write, write);
    append_numbered(tx, w->number);
    if (plan_of(w->number) == BREAK)
        break_a_rule(tx);
    return plan_of(w->number) != REFUSE;
}

static void done_counted(struct write *write, bool committed)
{
    struct counted_write *w = container_of(write, struct counted_write, write);
    w->done_calls++;
    w->committed = committed;
    atomic_fetch_sub(w->pending, 1);
}

struct submitter {
    pthread_t thread;
    struct store *store;
    struct counted_write *writes;
    int first;
    atomic_int pending;
};

static void *submit_all(void *arg)
{
    struct submitter *s = arg;
    for (int i = 0; i < WRITES; i++) {
        struct counted_write *w = &s->writes[i];
        *w = (struct counted_write){.number = s->first + i, .pending = &s->pending};
        w->write = (struct write){.run = run_counted, .done = done_counted, .err = &w->err};
        if (!store_submit(s->store, &w->write))
            abort();
    }
    return NULL;
}

static void check_outcome(const struct counted_write *w)
{
    assert_int_equal(w->done_calls, 1);
    assert_int_equal(w->committed, plan_of(w->number) != BREAK);
    assert_int_equal(w->err.kind, plan_of(w->number) == BREAK ? ERR_INTERNAL : ERR_NONE);
}

static void each_write_of_many_threads_is_done_once(void **state)
{
    struct test_store *t = *state;
    struct submitter submitters[THREADS];
    for (int i = 0; i < THREADS; i++) {
        submitters[i] = (struct submitter){.store = t->store, .first = i * WRITES};
        submitters[i].pending = WRITES;
        submitters[i].writes = mem_zalloc(WRITES * sizeof(struct counted_write));
        pthread_create(&submitters[i].thread, NULL, submit_all, &submitters[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(submitters[i].thread, NULL);
    test_store_reopen(t); /* closing finishes what is queued */
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(submitters[i].pending, 0);
        for (int n = 0; n < WRITES; n++)
            check_outcome(&submitters[i].writes[n]);
        free(submitters[i].writes);
    }
    struct event_row *rows;
    size_t count = events_after(test_read(t), &t->arena, ORG_A, 0, 10000, &rows);
    reader_end(t->reader);
    assert_int_equal(count, THREADS * WRITES * 8 / 10);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(plan_of((int)rows[i].at), KEEP);
}

static void a_write_that_refuses_is_undone_alone(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    settings_put(tx, STR("a"), STR("1"));
    test_rollback(t);
    assert_true(t->committed);
    tx = test_write(t);
    assert_true(str_is_null(settings_get(tx, &t->arena, STR("a"))));
    settings_put(tx, STR("b"), STR("2"));
    assert_true(test_commit(t));
    assert_str_equal(settings_get(test_read(t), &t->arena, STR("b")), "2");
    reader_end(t->reader);
}

static void a_failed_statement_makes_the_rest_do_nothing(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    struct err err = {0};
    assert_false(tx_error(tx, &err));
    settings_put(tx, STR("a"), STR("1"));
    break_a_rule(tx);
    assert_true(tx_failed(tx));
    assert_true(str_is_null(settings_get(tx, &t->arena, STR("a"))));
    assert_false(organizations_insert(tx, &(struct organization_row){STR("c"), STR("C"), 1}));
    struct event_row *rows;
    assert_int_equal(events_after(tx, &t->arena, STR_NULL, 0, 10, &rows), 0);
    assert_true(tx_error(tx, &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    assert_false(test_commit(t));
    assert_true(str_is_null(settings_get(test_read(t), &t->arena, STR("a"))));
    reader_end(t->reader);
}

static void a_snapshot_does_not_see_later_commits(void **state)
{
    struct test_store *t = *state;
    struct tx *read = test_read(t);
    assert_true(str_is_null(settings_get(read, &t->arena, STR("a"))));
    settings_put(test_write(t), STR("a"), STR("1"));
    assert_true(test_commit(t));
    assert_true(str_is_null(settings_get(read, &t->arena, STR("a"))));
    reader_end(t->reader);
    assert_str_equal(settings_get(test_read(t), &t->arena, STR("a")), "1");
    reader_end(t->reader);
}

static void a_reader_cannot_write(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_read(t);
    settings_put(tx, STR("a"), STR("1"));
    assert_true(tx_failed(tx));
    reader_end(t->reader);
    assert_false(tx_failed(test_read(t)));
    reader_end(t->reader);
}

static void the_queue_has_a_ceiling(void **state)
{
    struct test_store *t = *state;
    atomic_int pending = 0;
    size_t count = STORE_QUEUE_CEILING + 1;
    struct counted_write *writes = mem_zalloc(count * sizeof(*writes));
    test_write(t); /* the writer waits in it, so nothing leaves the queue */
    for (size_t i = 0; i < count; i++) {
        writes[i] = (struct counted_write){.pending = &pending};
        writes[i].write = (struct write){.run = run_counted, .done = done_counted};
        assert_int_equal(store_submit(t->store, &writes[i].write), i < STORE_QUEUE_CEILING);
    }
    assert_true(test_commit(t));
    test_store_reopen(t);
    assert_int_equal(writes[0].done_calls, 1);
    assert_int_equal(writes[STORE_QUEUE_CEILING - 1].done_calls, 1);
    assert_int_equal(writes[STORE_QUEUE_CEILING].done_calls, 0);
    free(writes);
}

static bool put_setting(struct tx *tx, void *arg, struct err *err UNUSED)
{
    settings_put(tx, STR("a"), str_from(arg));
    return true;
}

static bool put_and_refuse(struct tx *tx, void *arg, struct err *err)
{
    put_setting(tx, arg, err);
    return err_set(err, ERR_CONFLICT, "no");
}

static bool put_and_break(struct tx *tx, void *arg, struct err *err)
{
    put_setting(tx, arg, err);
    break_a_rule(tx);
    return true;
}

static void write_wait_tells_how_it_ended(void **state)
{
    struct test_store *t = *state;
    struct err err = {0};
    char one[] = "1", two[] = "2";
    assert_true(store_write_wait(t->store, put_setting, one, &err));
    assert_int_equal(err.kind, ERR_NONE);
    assert_false(store_write_wait(t->store, put_and_refuse, two, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_false(store_write_wait(t->store, put_and_break, two, &err));
    assert_int_equal(err.kind, ERR_INTERNAL);
    assert_str_equal(settings_get(test_read(t), &t->arena, STR("a")), "1");
    reader_end(t->reader);
}

static void the_watermark_is_measured(void **state)
{
    struct test_store *t = *state;
    assert_true(store_has_space(t->store));
    struct err err = {0};
    struct store *full =
        store_open(&(struct store_config){.path = t->path, .min_free_bytes = INT64_MAX}, &err);
    assert_non_null(full);
    assert_false(store_has_space(full));
    assert_false(store_has_space(full));
    store_close(full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_write_of_many_threads_is_done_once),
        TEST(a_write_that_refuses_is_undone_alone),
        TEST(a_failed_statement_makes_the_rest_do_nothing),
        TEST(a_snapshot_does_not_see_later_commits),
        TEST(a_reader_cannot_write),
        TEST(the_queue_has_a_ceiling),
        TEST(write_wait_tells_how_it_ended),
        TEST(the_watermark_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
