/* Secrets: sealed values that other rows name by alias. The store never sees one in the clear. */
#ifndef STORE_SECRETS_H
#define STORE_SECRETS_H

#include "base/arena.h"
#include "store/store.h"

/* The column that a group of secrets belongs to; also part of what the sealing covers. */
struct secret_owner {
    struct str organization_id;
    struct str table;  /* "machines" */
    struct str id;     /* of the owning row */
    struct str column; /* "sensitive_aliases" */
};

struct secret_row {
    struct str alias;
    struct secret_owner owner;
    struct str name;           /* as the client calls it */
    struct str sealed;         /* bytes */
    struct str sealing_key_id; /* the key of the key file that sealed it */
};

/* False when the alias exists. */
bool secrets_insert(struct tx *tx, const struct secret_row *row);

bool secrets_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str alias,
                 struct secret_row *ret_row);

/* Every secret of one column of one row. Returns how many. */
size_t secrets_delete_of(struct tx *tx, const struct secret_owner *owner);

/* For resealing under a newer key: the next rows not sealed by `sealing_key_id`, of any
 * organization. Returns how many, at most `limit`. */
size_t secrets_not_sealed_by(struct tx *tx, struct arena *arena, struct str sealing_key_id,
                             size_t limit, struct secret_row **ret_rows);

/* Replaces the sealed bytes and the id of their sealing key. False when there is none. */
bool secrets_reseal(struct tx *tx, const struct secret_row *row);

/* The ids of every sealing key that secrets and HMAC keys need, so that a start can refuse when one
 * is missing. Returns how many. */
size_t secrets_sealing_keys(struct tx *tx, struct arena *arena, struct str **ret_ids);

#endif
