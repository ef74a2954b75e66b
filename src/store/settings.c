#include "store/settings.h"

#include "store/db.h"

static const struct query get_query = {"SELECT value FROM settings WHERE key = ?1"};

static const struct query put_query = {"INSERT INTO settings (key, value) VALUES (?1, ?2)"
                                       " ON CONFLICT (key) DO UPDATE SET value = excluded.value"};

struct str settings_get(struct tx *tx, struct arena *arena, struct str key)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, key);
    struct str value = db_step(&c) ? db_take_str(&c, arena) : STR_NULL;
    db_close(&c);
    return value;
}

void settings_put(struct tx *tx, struct str key, struct str value)
{
    struct cursor c = db_open(tx, &put_query);
    db_put_str(&c, key);
    db_put_str(&c, value);
    db_run(&c);
}
