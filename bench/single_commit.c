/* What the disk gives without groups: SQLite, WAL, synchronous FULL, one row a commit, one after
 * the other. Prints {"requests":N,"seconds":S}. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void check(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return;
    fprintf(stderr, "single_commit: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void insert(sqlite3 *db, sqlite3_stmt *statement, long number)
{
    char name[32];
    int len = snprintf(name, sizeof(name), "pool %010ld", number);
    check(db, sqlite3_bind_text(statement, 1, name, len, SQLITE_STATIC));
    check(db, sqlite3_step(statement));
    check(db, sqlite3_reset(statement));
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: single_commit DATABASE SECONDS\n", stderr);
        return 2;
    }
    sqlite3 *db;
    int opened = sqlite3_open(argv[1], &db);
    check(db, opened);
    check(db, sqlite3_exec(db,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                           "CREATE TABLE IF NOT EXISTS pools (id INTEGER PRIMARY KEY, name TEXT)",
                           NULL, NULL, NULL));
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v2(db, "INSERT INTO pools (name) VALUES (?)", -1, &statement, NULL));

    double start = now(), end = start + strtod(argv[2], NULL);
    long count = 0;
    while (now() < end)
        insert(db, statement, count++);
    printf("{\"requests\":%ld,\"seconds\":%.6f}\n", count, now() - start);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return 0;
}
