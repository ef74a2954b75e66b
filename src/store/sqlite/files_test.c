/* Database files: creating, migrating, refusing, backing up, checking. */
#include "store/test_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/organizations.h"
#include "store/settings.h"

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static struct store *open_at(const char *path, bool create, struct err *err)
{
    return store_open(&(struct store_config){.path = path, .create = create}, err);
}

static void assert_refused(const char *path, bool create, const char *reason)
{
    struct err err = {0};
    assert_null(open_at(path, create, &err));
    assert_contains(err.message, reason);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static const char *beside(struct test_store *t, const char *name)
{
    return arena_printf(&t->arena, "%s/%s", t->directory, name).ptr;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_new_file_is_private_and_opens_again(void **state)
{
    struct test_store *t = *state;
    struct stat info;
    assert_int_equal(stat(t->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_str_equal(settings_get(test_read(t), &t->arena, STR("schema_version")), "1");
    reader_end(t->reader);
    test_store_reopen(t);
    struct organization_row *rows;
    assert_int_equal(organizations_list(test_read(t), &t->arena, &rows), 2);
    reader_end(t->reader);
}

static void a_missing_or_empty_file_is_not_created_unasked(void **state)
{
    struct test_store *t = *state;
    const char *path = beside(t, "other.db");
    assert_refused(path, false, "No such file");
    assert_int_equal(access(path, F_OK), -1);
    write_file(path, "");
    assert_refused(path, false, "empty");
}

static void a_newer_schema_is_refused(void **state)
{
    struct test_store *t = *state;
    run_sql(t->path, "UPDATE settings SET value = '99' WHERE key = 'schema_version'");
    assert_refused(t->path, true, "schema version 99");
    assert_refused(t->path, true, "up to 1");
    struct err err = {0};
    assert_false(store_check(t->path, &err));
    assert_contains(err.message, "schema version 99");
}

static void foreign_files_are_refused_and_left_alone(void **state)
{
    struct test_store *t = *state;
    const char *foreign = beside(t, "foreign.db"), *garbage = beside(t, "garbage.db");
    run_sql(foreign, "CREATE TABLE t (x)");
    assert_refused(foreign, true, "not a Deskfleet database");
    run_sql(foreign, "INSERT INTO t VALUES (1)");
    assert_int_equal(access(beside(t, "foreign.db-wal"), F_OK), -1);
    write_file(garbage, "This is no database, but it is long enough to have a header like one. "
                        "One hundred bytes are what it takes.");
    assert_refused(garbage, true, "not a database");
}

struct opener {
    pthread_t thread;
    const char *path;
    struct store *store;
    struct err err;
};

static void *open_in_thread(void *arg)
{
    struct opener *opener = arg;
    opener->store = open_at(opener->path, true, &opener->err);
    return NULL;
}

static void two_that_migrate_at_once_both_succeed(void **state)
{
    struct test_store *t = *state;
    struct opener openers[2];
    for (int i = 0; i < 2; i++) {
        openers[i] = (struct opener){.path = beside(t, "race.db")};
        pthread_create(&openers[i].thread, NULL, open_in_thread, &openers[i]);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(openers[i].thread, NULL);
    for (int i = 0; i < 2; i++) {
        if (!openers[i].store)
            fail_msg("%s", openers[i].err.message);
        store_close(openers[i].store);
    }
}

/* Root may write anywhere, so the child gives root up. */
static int open_as_nobody(const char *path)
{
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    struct err err = {0};
    struct store *store = open_at(path, true, &err);
    if (store)
        return 3;
    return strstr(err.message, "cannot write to the data directory") ? 0 : 4;
}

static void a_read_only_directory_is_refused(void **state)
{
    struct test_store *t = *state;
    assert_int_equal(chmod(t->directory, 0555), 0);
    test_store_close(t);
    pid_t child = fork();
    if (child == 0)
        _exit(open_as_nobody(t->path));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(t->directory, 0755), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_backup_is_one_moment_of_a_store_in_use(void **state)
{
    struct test_store *t = *state;
    const char *target = beside(t, "backup.db");
    struct err err = {0};
    settings_put(test_write(t), STR("a"), STR("committed"));
    assert_true(test_commit(t));
    settings_put(test_write(t), STR("a"), STR("open"));
    assert_true(store_backup(t->path, target, &err));
    test_rollback(t);
    assert_true(store_check(target, &err));
    assert_int_equal(access(beside(t, "backup.db-wal"), F_OK), -1);

    struct store *copy = open_at(target, false, &err);
    assert_non_null(copy);
    struct reader *reader = reader_open(copy, &err);
    assert_non_null(reader);
    assert_str_equal(settings_get(reader_begin(reader), &t->arena, STR("a")), "committed");
    reader_end(reader);
    reader_close(reader);
    store_close(copy);
}

static void a_backup_replaces_nothing(void **state)
{
    struct test_store *t = *state;
    const char *target = beside(t, "backup.db");
    struct err err = {0};
    write_file(target, "precious");
    assert_false(store_backup(t->path, target, &err));
    assert_contains(err.message, "File exists");
    struct stat info;
    assert_int_equal(stat(target, &info), 0);
    assert_int_equal(info.st_size, 8);
    assert_false(store_backup(beside(t, "none.db"), beside(t, "new.db"), &err));
    assert_false(store_backup(t->path, beside(t, "none/new.db"), &err));
    assert_int_equal(access(beside(t, "new.db"), F_OK), -1);
}

static void a_damaged_file_does_not_pass_the_check(void **state)
{
    struct test_store *t = *state;
    const char *target = beside(t, "backup.db");
    struct err err = {0};
    assert_true(store_backup(t->path, target, &err));
    assert_true(store_check(target, &err));
    char noise[4096 - 512];
    memset(noise, 0xa5, sizeof(noise));
    int fd = open(target, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int page = 2; page < 8; page++)
        assert_int_equal(pwrite(fd, noise, sizeof(noise), page * 4096 + 8), sizeof(noise));
    close(fd);
    assert_false(store_check(target, &err));
    assert_false(store_check(beside(t, "none.db"), &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_private_and_opens_again),
        TEST(a_missing_or_empty_file_is_not_created_unasked),
        TEST(a_newer_schema_is_refused),
        TEST(foreign_files_are_refused_and_left_alone),
        TEST(two_that_migrate_at_once_both_succeed),
        TEST(a_read_only_directory_is_refused),
        TEST(a_backup_is_one_moment_of_a_store_in_use),
        TEST(a_backup_replaces_nothing),
        TEST(a_damaged_file_does_not_pass_the_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
