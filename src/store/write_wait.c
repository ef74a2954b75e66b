#include <pthread.h>

#include "base/macros.h"
#include "store/store.h"

struct waiting_write {
    struct write write;
    bool (*run)(struct tx *tx, void *arg, struct err *err);
    void *arg;
    struct err refusal; /* from run */
    struct err failure; /* from the store */
    bool accepted;
    bool committed;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done;
};

static bool run_waiting(struct tx *tx, struct write *write)
{
    struct waiting_write *waiting = container_of(write, struct waiting_write, write);
    waiting->accepted = waiting->run(tx, waiting->arg, &waiting->refusal);
    return waiting->accepted;
}

static void wake_waiting(struct write *write, bool committed)
{
    struct waiting_write *waiting = container_of(write, struct waiting_write, write);
    pthread_mutex_lock(&waiting->lock);
    waiting->committed = committed;
    waiting->done = true;
    pthread_cond_signal(&waiting->wake);
    pthread_mutex_unlock(&waiting->lock);
}

/* Ends when the writer has dealt with every earlier write: the queue has a ceiling, and so has the
 * time that one group may take. */
static void wait_until_done(struct waiting_write *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    while (!waiting->done)
        pthread_cond_wait(&waiting->wake, &waiting->lock);
    pthread_mutex_unlock(&waiting->lock);
}

static bool outcome(const struct waiting_write *waiting, struct err *err)
{
    if (waiting->committed && waiting->accepted)
        return true;
    *err = waiting->committed ? waiting->refusal : waiting->failure;
    return false;
}

bool store_write_wait(struct store *store, bool (*run)(struct tx *tx, void *arg, struct err *err),
                      void *arg, struct err *err)
{
    struct waiting_write waiting = {
        .write = {.run = run_waiting, .done = wake_waiting, .err = &waiting.failure},
        .run = run,
        .arg = arg,
    };
    pthread_mutex_init(&waiting.lock, NULL);
    pthread_cond_init(&waiting.wake, NULL);
    bool taken = store_submit(store, &waiting.write);
    if (taken)
        wait_until_done(&waiting);
    pthread_cond_destroy(&waiting.wake);
    pthread_mutex_destroy(&waiting.lock);
    if (!taken)
        return err_set(err, ERR_UNAVAILABLE, "too many writes wait for the database");
    return outcome(&waiting, err);
}
