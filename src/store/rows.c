#include "store/db.h"

/* Doubling happens when `count` reaches a power of two. */
void *db_grow(struct arena *arena, void *rows, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return rows;
    void *grown = arena_array(arena, count == 0 ? 1 : 2 * count, size);
    if (count > 0)
        memcpy(grown, rows, count * size);
    return grown;
}
