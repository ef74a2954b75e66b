#include "fleet/secrets.h"

#include "base/json_write.h"
#include "fleet/ids.h"
#include "fleet/keys.h"
#include "store/keys.h"

#define ALIASES_CEILING (4u << 20)

static struct seal_cell secret_cell(const struct secret_row *row)
{
    return (struct seal_cell){"secrets", "value", row->alias, row->owner.organization_id};
}

static void seal(struct secret_row *row, struct arena *arena, struct keyring *keyring,
                 struct str value)
{
    struct seal_cell cell = secret_cell(row);
    row->sealed = keyring_seal(keyring, &cell, value, arena);
    row->sealing_key_id = sealing_key_text(arena, keyring_id_of(row->sealed));
}

static struct str print_aliases(struct arena *arena, const struct secret_set *set)
{
    struct buf text;
    buf_init(&text, ALIASES_CEILING);
    struct json_writer w = jw_to(&text);
    jw_object_begin(&w);
    for (size_t i = 0; i < set->count; i++) {
        jw_key_str(&w, set->rows[i].name);
        jw_str(&w, set->rows[i].alias);
    }
    jw_object_end(&w);
    struct str aliases = arena_str(arena, buf_str(&text));
    buf_finish(&text);
    return aliases;
}

struct secret_set *secrets_prepare(struct arena *arena, struct keyring *keyring,
                                   const struct secret_owner *owner, const json_t *values)
{
    struct secret_set *set = ARENA_NEW(arena, struct secret_set);
    set->owner = *owner;
    set->rows = ARENA_ARRAY(arena, json_object_size(values), struct secret_row);
    json_t *mutable = (json_t *)(uintptr_t)values; /* the iterators want one */
    for (void *it = json_object_iter(mutable); it; it = json_object_iter_next(mutable, it)) {
        const json_t *value = json_object_iter_value(it);
        struct secret_row *row = &set->rows[set->count++];
        row->alias = id_new(arena, "secret_");
        row->owner = *owner;
        row->name = arena_str(arena, str_from(json_object_iter_key(it)));
        seal(row, arena, keyring, str_of(json_string_value(value), json_string_length(value)));
    }
    set->aliases = print_aliases(arena, set);
    return set;
}

void secrets_replace(struct tx *tx, const struct secret_set *set)
{
    secrets_delete_of(tx, &set->owner);
    for (size_t i = 0; i < set->count; i++)
        secrets_insert(tx, &set->rows[i]);
}

static size_t reseal_values(struct tx *tx, struct arena *arena, struct keyring *keyring,
                            struct str key_id, size_t limit, size_t *broken)
{
    struct secret_row *rows;
    size_t resealed = 0;
    size_t count = secrets_not_sealed_by(tx, arena, key_id, limit, &rows);
    for (size_t i = 0; i < count; i++) {
        struct seal_cell cell = secret_cell(&rows[i]);
        struct str value;
        if (!keyring_open(keyring, &cell, rows[i].sealed, arena, &value)) {
            ++*broken;
            continue;
        }
        seal(&rows[i], arena, keyring, value);
        resealed += secrets_reseal(tx, &rows[i]);
    }
    return resealed;
}

static size_t reseal_hmac_keys(struct tx *tx, struct arena *arena, struct keyring *keyring,
                               struct str key_id, size_t limit, size_t *broken)
{
    struct hmac_key_row *rows;
    size_t resealed = 0;
    size_t count = hmac_keys_not_sealed_by(tx, arena, key_id, limit, &rows);
    for (size_t i = 0; i < count; i++) {
        struct seal_cell cell = hmac_key_cell(&rows[i]);
        struct str secret;
        if (!keyring_open(keyring, &cell, rows[i].sealed_secret, arena, &secret)) {
            ++*broken;
            continue;
        }
        rows[i].sealed_secret = keyring_seal(keyring, &cell, secret, arena);
        rows[i].sealing_key_id = key_id;
        resealed += hmac_keys_reseal(tx, &rows[i]);
    }
    return resealed;
}

size_t secrets_reseal_some(struct tx *tx, struct arena *arena, struct keyring *keyring,
                           size_t limit, size_t *ret_broken)
{
    struct str key_id = sealing_key_text(arena, keyring_current(keyring));
    *ret_broken = 0;
    return reseal_values(tx, arena, keyring, key_id, limit, ret_broken) +
           reseal_hmac_keys(tx, arena, keyring, key_id, limit, ret_broken);
}
