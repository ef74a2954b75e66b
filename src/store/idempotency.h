/* Idempotency records: what was answered to an Idempotency-Key. A record is open from the moment
 * its request is being processed until its response is stored. The hash of the scope covers the
 * organization, so these functions need no other. */
#ifndef STORE_IDEMPOTENCY_H
#define STORE_IDEMPOTENCY_H

#include "base/arena.h"
#include "store/store.h"

#define IDEMPOTENCY_HASH_SIZE 32

struct idempotency_row {
    unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE];  /* of organization, method, path and key */
    unsigned char fingerprint[IDEMPOTENCY_HASH_SIZE]; /* keyed hash of the request */
    struct str response;                              /* sealed bytes; null while open */
    struct str server_instance; /* the server that is processing it; null when finished */
    int64_t created_at;
};

bool idempotency_get(struct tx *tx, struct arena *arena,
                     const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE],
                     struct idempotency_row *ret_row);

/* Stores a record, open (server_instance set, no response) or finished at once. False when there is
 * one for the scope. */
bool idempotency_insert(struct tx *tx, const struct idempotency_row *row);

/* Finishes an open record. False when it is not open. */
bool idempotency_finish(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE],
                        struct str response);

/* Forgets a record, so that the key may be tried again. False when there is none. */
bool idempotency_delete(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE]);

/* Deletes those of the `limit` oldest records that were created before `before`. Returns how
 * many. */
size_t idempotency_purge(struct tx *tx, int64_t before, size_t limit);

#endif
