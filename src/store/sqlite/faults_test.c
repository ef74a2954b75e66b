/* Commits that fail in the middle of a group: a full disk, a failed write, a failed sync. */
#include "store/test_store.h"

#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/settings.h"

/* Once armed, the file operation of this kind fails with this code after `skip` more good ones,
 * and goes on failing until it is disarmed. */
static struct {
    atomic_int write_code, sync_code;
    atomic_int skip;
    atomic_int failures;
} fault;

/* The methods of database files and of logs differ in locking only. */
static struct methods {
    const sqlite3_io_methods *real;
    sqlite3_io_methods faulty;
} of_database, of_log;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty_vfs;

static bool fails_now(int code)
{
    if (code == SQLITE_OK || atomic_fetch_sub(&fault.skip, 1) > 0)
        return false;
    atomic_fetch_add(&fault.failures, 1);
    return true;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    int code = fault.write_code;
    return fails_now(code) ? code : of_database.real->xWrite(file, bytes, size, offset);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    int code = fault.sync_code;
    return fails_now(code) ? code : of_database.real->xSync(file, flags);
}

/* The first files are opened before there are threads. */
static void replace_methods(sqlite3_file *file, struct methods *methods)
{
    if (!methods->real) {
        methods->real = file->pMethods;
        methods->faulty = *file->pMethods;
        methods->faulty.xWrite = faulty_write;
        methods->faulty.xSync = faulty_sync;
    }
    file->pMethods = &methods->faulty;
}

static int faulty_open(sqlite3_vfs *vfs UNUSED, sqlite3_filename name, sqlite3_file *file,
                       int flags, int *ret_flags)
{
    int code = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0)
        replace_methods(file, &of_database);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0)
        replace_methods(file, &of_log);
    return code;
}

static int install_faulty_vfs(void **state UNUSED)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.xOpen = faulty_open;
    return sqlite3_vfs_register(&faulty_vfs, 1);
}

static void disarm(void)
{
    fault.write_code = fault.sync_code = SQLITE_OK;
    fault.skip = fault.failures = 0;
}

enum { GROUP = 20 };

struct setting_write {
    struct write write;
    char key[16];
    struct str value;
    struct err err;
    atomic_int done_calls;
    bool committed;
};

static bool run_setting(struct tx *tx, struct write *write)
{
    struct setting_write *w = container_of(write, struct setting_write, write);
    settings_put(tx, str_from(w->key), w->value);
    return true;
}

static void done_setting(struct write *write, bool committed)
{
    struct setting_write *w = container_of(write, struct setting_write, write);
    w->committed = committed;
    w->done_calls++;
}

static void submit_setting(struct test_store *t, struct setting_write *w, int number,
                           struct str value)
{
    *w = (struct setting_write){.value = value};
    snprintf(w->key, sizeof(w->key), "key-%d", number);
    w->write = (struct write){.run = run_setting, .done = done_setting, .err = &w->err};
    assert_true(store_submit(t->store, &w->write));
}

static size_t count_settings(struct test_store *t)
{
    size_t count = 0;
    struct tx *tx = test_read(t);
    for (int i = 0; i < GROUP; i++) {
        struct str key = arena_printf(&t->arena, "key-%d", i);
        count += !str_is_null(settings_get(tx, &t->arena, key));
    }
    assert_false(tx_failed(tx));
    reader_end(t->reader);
    return count;
}

static void wait_for(const struct setting_write *w)
{
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (w->done_calls == 0) {
        assert_true(clock_monotonic_ms() < deadline);
        sched_yield();
    }
}

/* Gathers a group behind a write that holds the writer, then lets it run into the fault. The fault
 * ends only when every write of the group has heard of it. */
static void fail_a_group(struct test_store *t, struct setting_write *writes, int write_code,
                         int sync_code, int skip)
{
    test_write(t);
    for (int i = 0; i < GROUP; i++)
        submit_setting(t, &writes[i], i, STR("value"));
    fault.skip = skip;
    fault.write_code = write_code;
    fault.sync_code = sync_code;
    test_rollback(t);
    wait_for(&writes[GROUP - 1]);
    assert_true(fault.failures > 0);
    disarm();
}

static void assert_group_failed(struct test_store *t, const struct setting_write *writes,
                                enum err_kind kind)
{
    for (int i = 0; i < GROUP; i++) {
        assert_int_equal(writes[i].done_calls, 1);
        assert_false(writes[i].committed);
        assert_int_equal(writes[i].err.kind, kind);
    }
    assert_int_equal(count_settings(t), 0);
    test_store_reopen(t);
    assert_int_equal(count_settings(t), 0);
    struct err err = {0};
    if (!store_check(t->path, &err))
        fail_msg("%s", err.message);
}

static void a_failed_sync_fails_the_whole_group(void **state)
{
    struct test_store *t = *state;
    struct setting_write writes[GROUP];
    fail_a_group(t, writes, SQLITE_OK, SQLITE_IOERR_FSYNC, 0);
    assert_group_failed(t, writes, ERR_INTERNAL);
}

static void a_disk_full_at_any_write_fails_the_whole_group(void **state)
{
    struct test_store *t = *state;
    struct setting_write writes[GROUP];
    for (int skip = 0; skip < 3; skip++) {
        fail_a_group(t, writes, SQLITE_FULL, SQLITE_OK, skip);
        assert_group_failed(t, writes, ERR_STORAGE_FULL);
    }
}

static void the_next_group_works(void **state)
{
    struct test_store *t = *state;
    struct setting_write failed[GROUP], good[GROUP];
    fail_a_group(t, failed, SQLITE_IOERR_WRITE, SQLITE_OK, 1);
    for (int i = 0; i < GROUP; i++)
        submit_setting(t, &good[i], i, STR("value"));
    test_store_reopen(t);
    for (int i = 0; i < GROUP; i++)
        assert_true(good[i].committed);
    assert_int_equal(count_settings(t), GROUP);
}

/* More than the page cache holds, so the log is written, and the disk full, before the commit. */
static void a_disk_full_inside_a_write_spares_those_behind_it(void **state)
{
    struct test_store *t = *state;
    struct setting_write big, small;
    size_t size = 48 << 20;
    char *bytes = mem_zalloc(size);
    memset(bytes, 'x', size);
    fault.write_code = SQLITE_FULL;
    submit_setting(t, &big, 1, str_of(bytes, size));
    wait_for(&big);
    disarm();
    submit_setting(t, &small, 2, STR("value"));
    test_store_reopen(t);
    assert_int_equal(big.done_calls, 1);
    assert_false(big.committed);
    assert_int_equal(big.err.kind, ERR_STORAGE_FULL);
    assert_true(small.committed);
    assert_int_equal(count_settings(t), 1);
    free(bytes);
}

static int setup(void **state)
{
    disarm();
    return test_store_setup(state);
}

static int teardown(void **state)
{
    disarm();
    return test_store_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failed_sync_fails_the_whole_group),
        TEST(a_disk_full_at_any_write_fails_the_whole_group),
        TEST(the_next_group_works),
        TEST(a_disk_full_inside_a_write_spares_those_behind_it),
    };
    return cmocka_run_group_tests(tests, install_faulty_vfs, NULL);
}
