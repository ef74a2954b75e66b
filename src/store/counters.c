#include "store/counters.h"

#include "store/db.h"

static const struct query add_query = {
    "INSERT INTO counters (organization_id, name, value) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (organization_id, name) DO UPDATE SET value = counters.value + excluded.value"};

static const struct query get_query = {
    "SELECT value FROM counters WHERE organization_id = ?1 AND name = ?2"};

void counters_add(struct tx *tx, struct str organization_id, struct str name, int64_t change)
{
    if (change == 0)
        return;
    struct cursor c = db_open(tx, &add_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, name);
    db_put_int(&c, change);
    db_run(&c);
}

int64_t counters_get(struct tx *tx, struct str organization_id, struct str name)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, name);
    return db_run_int(&c);
}
