#include "base/map.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

struct map_entry {
    struct str key; /* null key with a value: tombstone */
    void *value;
    size_t hash;
};

static char tombstone_mark;
#define TOMBSTONE ((void *)&tombstone_mark)

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

/* Keys come from peers, so the hash is keyed: nobody outside can choose colliding keys. */
static void make_hash_key(void)
{
    randombytes_buf(hash_key, sizeof(hash_key));
}

static size_t hash_of(struct str key)
{
    unsigned char out[crypto_shorthash_BYTES];
    size_t hash;
    crypto_shorthash(out, (const unsigned char *)(key.ptr ? key.ptr : ""), key.len, hash_key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

void map_init(struct map *map)
{
    pthread_once(&hash_key_once, make_hash_key);
    *map = (struct map){0};
}

void map_finish(struct map *map)
{
    free(map->entries);
    *map = (struct map){0};
}

static struct map_entry *find(const struct map *map, struct str key, size_t hash)
{
    if (map->capacity == 0)
        return NULL;
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        struct map_entry *entry = &map->entries[i];
        if (!entry->value)
            return NULL;
        if (entry->value != TOMBSTONE && entry->hash == hash && str_eq(entry->key, key))
            return entry;
    }
}

static void insert_new(struct map *map, struct map_entry entry)
{
    size_t i = entry.hash & (map->capacity - 1);
    while (map->entries[i].value)
        i = (i + 1) & (map->capacity - 1);
    map->entries[i] = entry;
    map->used++;
    map->count++;
}

static void rehash(struct map *map)
{
    struct map old = *map;
    *map = (struct map){.capacity = MAX_OF(16u, old.capacity)};
    while (map->capacity < old.count * 4)
        map->capacity *= 2;
    map->entries = mem_zalloc(map->capacity * sizeof(*map->entries));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].value && old.entries[i].value != TOMBSTONE)
            insert_new(map, old.entries[i]);
    }
    free(old.entries);
}

void *map_get(const struct map *map, struct str key)
{
    if (map->count == 0)
        return NULL;
    struct map_entry *entry = find(map, key, hash_of(key));
    return entry ? entry->value : NULL;
}

void *map_put(struct map *map, struct str key, void *value)
{
    size_t hash = hash_of(key);
    struct map_entry *entry = find(map, key, hash);
    if (entry) {
        void *replaced = entry->value;
        entry->key = key;
        entry->value = value;
        return replaced;
    }
    if ((map->used + 1) * 4 > map->capacity * 3)
        rehash(map);
    insert_new(map, (struct map_entry){key, value, hash});
    return NULL;
}

void *map_remove(struct map *map, struct str key)
{
    struct map_entry *entry = map->count > 0 ? find(map, key, hash_of(key)) : NULL;
    if (!entry)
        return NULL;
    void *value = entry->value;
    *entry = (struct map_entry){.value = TOMBSTONE};
    map->count--;
    return value;
}

void *map_next(const struct map *map, size_t *cursor)
{
    while (*cursor < map->capacity) {
        struct map_entry *entry = &map->entries[(*cursor)++];
        if (entry->value && entry->value != TOMBSTONE)
            return entry->value;
    }
    return NULL;
}
