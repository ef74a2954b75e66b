/* Settings: facts about the installation itself, as text by key. They belong to no organization. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "base/arena.h"
#include "store/store.h"

/* STR_NULL when it is not set. */
struct str settings_get(struct tx *tx, struct arena *arena, struct str key);

/* Sets or replaces. The key "schema_version" is the store's own. */
void settings_put(struct tx *tx, struct str key, struct str value);

#endif
