/* A store in a directory of its own for one test, and its transactions as straight-line code. */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H

#include <pthread.h>

#include "base/test.h"

#include "base/arena.h"
#include "base/json_write.h" /* CLOCK_NONE */
#include "store/machines.h"
#include "store/store.h"

#define ORG_A STR("org_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
#define ORG_B STR("org_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")

struct test_store {
    char directory[64];
    char path[96];
    struct store *store;
    struct reader *reader;
    struct arena arena; /* finished at teardown */

    /* The open write: the writer thread waits inside run() and lends its transaction. */
    struct write write;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct tx *tx;
    bool keep, released, finished, committed;
};

/* cmocka set-up and teardown; the state is the struct test_store. It begins with the organizations
 * A and B. */
int test_store_setup(void **state);
int test_store_teardown(void **state);

/* Close, open again, both. A closed store is left alone by teardown. */
void test_store_close(struct test_store *t);
void test_store_open(struct test_store *t);
void test_store_reopen(struct test_store *t);

/* Begins a write that the test goes on in; end it with test_commit or test_rollback. */
struct tx *test_write(struct test_store *t);
/* True when it was committed and no statement had failed. */
bool test_commit(struct test_store *t);
void test_rollback(struct test_store *t);

/* Begins a snapshot; end it with reader_end(t->reader). */
struct tx *test_read(struct test_store *t);

/* A joined machine of this id with plain values; its fingerprint is its id. */
struct machine_row test_machine(struct str organization_id, const char *id, int64_t created_at);

#endif
