/* A hash map from byte strings to pointers. The keys belong to the caller and must live as long
 * as their entries; usually they are a field of the value. Not thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct map_entry;

struct map {
    struct map_entry *entries; /* open addressing, power of two */
    size_t capacity;
    size_t count;
    size_t used; /* entries and tombstones */
};

void map_init(struct map *map);
void map_finish(struct map *map);

void *map_get(const struct map *map, struct str key);
/* Sets the value (not NULL) and returns the one it replaced, or NULL. */
void *map_put(struct map *map, struct str key, void *value);
/* Removes and returns the value, or NULL. */
void *map_remove(struct map *map, struct str key);

/* Walks all values in no order: start with *cursor = 0, ends with NULL. The map must not change
 * meanwhile. */
void *map_next(const struct map *map, size_t *cursor);

#endif
