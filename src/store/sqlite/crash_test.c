/* A process that is killed at a random moment loses no write it was told is durable. */
#include "store/test_store.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/events.h"

enum { ROUNDS = 10, IN_FLIGHT = 32 };

/* The child: keeps IN_FLIGHT writes queued, and tells the pipe of each that is done. */
struct endless_write {
    struct write write;
    struct store *store;
    int journal;
    atomic_llong *next;
    int64_t number;
};

static bool run_endless(struct tx *tx, struct write *write)
{
    struct endless_write *w = container_of(write, struct endless_write, write);
    struct event_row row = {
        .organization_id = ORG_A, .type = STR("test"), .subject_id = STR("x"), .at = w->number};
    events_append(tx, &row);
    return true;
}

static bool tell(const struct endless_write *w)
{
    return write(w->journal, &w->number, sizeof(w->number)) == sizeof(w->number);
}

static void done_endless(struct write *write, bool committed)
{
    struct endless_write *w = container_of(write, struct endless_write, write);
    if (!committed || !tell(w))
        _exit(1);
    w->number = atomic_fetch_add(w->next, 1);
    if (!store_submit(w->store, &w->write))
        _exit(1);
}

static _Noreturn void write_until_killed(const char *path, int journal, int64_t first)
{
    struct err err;
    atomic_llong next = first;
    struct store *store = store_open(&(struct store_config){.path = path}, &err);
    struct endless_write *writes = mem_zalloc(IN_FLIGHT * sizeof(*writes));
    for (int i = 0; store && i < IN_FLIGHT; i++) {
        writes[i] = (struct endless_write){{.run = run_endless, .done = done_endless},
                                           store,
                                           journal,
                                           &next,
                                           atomic_fetch_add(&next, 1)};
        if (!store_submit(store, &writes[i].write))
            _exit(1);
    }
    for (;;)
        pause();
}

struct journal {
    int64_t *numbers;
    size_t count;
};

static bool read_number(int pipe_end, struct journal *journal)
{
    int64_t number;
    if (read(pipe_end, &number, sizeof(number)) != sizeof(number))
        return false;
    if ((journal->count & (journal->count - 1)) == 0)
        journal->numbers =
            mem_realloc(journal->numbers, (2 * journal->count + 1) * sizeof(*journal->numbers));
    journal->numbers[journal->count++] = number;
    return true;
}

static size_t random_below(size_t limit)
{
    size_t number;
    assert_int_equal(getrandom(&number, sizeof(number), 0), sizeof(number));
    return number % limit;
}

static void start_and_kill(struct test_store *t, int64_t first, struct journal *journal)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(t->path, ends[1], first);
    }
    close(ends[1]);
    for (size_t n = 1 + random_below(2000); n > 0; n--)
        assert_true(read_number(ends[0], journal));
    kill(child, SIGKILL);
    while (read_number(ends[0], journal))
        ;
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Numbers are given once, and each row holds one. */
static void assert_all_there(struct test_store *t, const struct journal *journal, int64_t end)
{
    bool *present = mem_zalloc((size_t)end * sizeof(*present));
    struct event_row *rows;
    size_t count = events_after(test_read(t), &t->arena, ORG_A, 0, SIZE_MAX / 2, &rows);
    reader_end(t->reader);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(rows[i].at, 0, end - 1);
        assert_false(present[rows[i].at]);
        present[rows[i].at] = true;
    }
    for (size_t i = 0; i < journal->count; i++)
        assert_true(present[journal->numbers[i]]);
    free(present);
}

static void every_acknowledged_write_is_there_after_a_kill(void **state)
{
    enum { NUMBERS_PER_ROUND = 1000000 };
    struct test_store *t = *state;
    struct journal journal = {0};
    for (int64_t round = 0; round < ROUNDS; round++) {
        test_store_close(t);
        start_and_kill(t, round * NUMBERS_PER_ROUND, &journal);
        test_store_open(t);
        assert_all_there(t, &journal, (round + 1) * NUMBERS_PER_ROUND);
    }
    assert_true(journal.count > ROUNDS);
    free(journal.numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_acknowledged_write_is_there_after_a_kill,
                                        test_store_setup, test_store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
