#include "store/test_store.h"

#include <dirent.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/organizations.h"

/* Of the test's own waits; the writer's ends at teardown at the latest. */
#define WAIT_SECONDS 20

static void wait_for_change(struct test_store *t)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += WAIT_SECONDS;
    assert_int_equal(pthread_cond_timedwait(&t->changed, &t->lock, &deadline), 0);
}

static void lend(struct test_store *t, struct tx *tx)
{
    pthread_mutex_lock(&t->lock);
    t->tx = tx;
    pthread_cond_broadcast(&t->changed);
    while (!t->released)
        pthread_cond_wait(&t->changed, &t->lock);
    t->tx = NULL;
    pthread_mutex_unlock(&t->lock);
}

static bool run_lent(struct tx *tx, struct write *write)
{
    struct test_store *t = container_of(write, struct test_store, write);
    lend(t, tx);
    return t->keep;
}

static void finish_lent(struct write *write, bool committed)
{
    struct test_store *t = container_of(write, struct test_store, write);
    pthread_mutex_lock(&t->lock);
    t->committed = committed;
    t->finished = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

struct tx *test_write(struct test_store *t)
{
    t->write = (struct write){.run = run_lent, .done = finish_lent};
    t->released = t->finished = t->committed = false;
    assert_true(store_submit(t->store, &t->write));
    pthread_mutex_lock(&t->lock);
    while (!t->tx && !t->finished)
        wait_for_change(t);
    struct tx *tx = t->tx;
    pthread_mutex_unlock(&t->lock);
    assert_non_null(tx);
    return tx;
}

static bool release(struct test_store *t, bool keep)
{
    pthread_mutex_lock(&t->lock);
    t->keep = keep;
    t->released = true;
    pthread_cond_broadcast(&t->changed);
    while (!t->finished)
        wait_for_change(t);
    pthread_mutex_unlock(&t->lock);
    return t->committed;
}

bool test_commit(struct test_store *t)
{
    return release(t, true);
}

void test_rollback(struct test_store *t)
{
    release(t, false);
}

struct tx *test_read(struct test_store *t)
{
    return reader_begin(t->reader);
}

static void open_store(struct test_store *t, bool create)
{
    struct err err = {0};
    t->store = store_open(&(struct store_config){.path = t->path, .create = create}, &err);
    if (!t->store)
        fail_msg("%s", err.message);
    t->reader = reader_open(t->store, &err);
    if (!t->reader)
        fail_msg("%s", err.message);
}

void test_store_close(struct test_store *t)
{
    reader_close(t->reader);
    store_close(t->store);
    t->reader = NULL;
    t->store = NULL;
}

void test_store_open(struct test_store *t)
{
    open_store(t, false);
}

void test_store_reopen(struct test_store *t)
{
    test_store_close(t);
    test_store_open(t);
}

int test_store_setup(void **state)
{
    struct test_store *t = MEM_NEW(struct test_store);
    *state = t;
    arena_init(&t->arena);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    snprintf(t->directory, sizeof(t->directory), "/tmp/deskfleet-store-XXXXXX");
    assert_non_null(mkdtemp(t->directory));
    snprintf(t->path, sizeof(t->path), "%s/deskfleet.db", t->directory);
    open_store(t, true);
    struct tx *tx = test_write(t);
    assert_true(organizations_insert(tx, &(struct organization_row){ORG_A, STR("A"), 1}));
    assert_true(organizations_insert(tx, &(struct organization_row){ORG_B, STR("B"), 2}));
    assert_true(test_commit(t));
    return 0;
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        char name[512];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        unlink(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

int test_store_teardown(void **state)
{
    struct test_store *t = *state;
    if (t->tx) /* an assertion ended the test inside a write */
        test_rollback(t);
    test_store_close(t);
    remove_directory(t->directory);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    arena_finish(&t->arena);
    free(t);
    return 0;
}

struct machine_row test_machine(struct str organization_id, const char *id, int64_t created_at)
{
    return (struct machine_row){
        .id = str_from(id),
        .organization_id = organization_id,
        .kind = MACHINE_KIND_JOINED,
        .seat_number = STORE_NONE,
        .fingerprint = str_from(id),
        .unkey_key_id = STR("key_1"),
        .accepts_runs = true,
        .last_seen = created_at,
        .created_at = created_at,
        .updated_at = created_at,
    };
}
