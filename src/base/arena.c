#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHUNK_SIZE (8 * 1024 - 64)
#define ALIGNMENT  _Alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *older;
    max_align_t bytes[];
};

struct arena_adopted {
    struct arena_adopted *older;
    void *ptr;
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_finish(struct arena *arena)
{
    for (struct arena_adopted *adopted = arena->adopted; adopted; adopted = adopted->older)
        free(adopted->ptr);
    struct arena_chunk *chunk = arena->chunk;
    while (chunk) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    arena_init(arena);
}

/* A chunk for one large object goes behind the newest one, whose free bytes stay in use. */
static void *alloc_large(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = mem_zalloc(sizeof(*chunk) + size);
    arena->total += size;
    if (arena->chunk) {
        chunk->older = arena->chunk->older;
        arena->chunk->older = chunk;
    } else {
        arena->chunk = chunk;
        arena->next = arena->end = (char *)chunk->bytes + size;
    }
    return chunk->bytes;
}

static void add_chunk(struct arena *arena)
{
    struct arena_chunk *chunk = mem_zalloc(sizeof(*chunk) + CHUNK_SIZE);
    chunk->older = arena->chunk;
    arena->chunk = chunk;
    arena->next = (char *)chunk->bytes;
    arena->end = arena->next + CHUNK_SIZE;
    arena->total += CHUNK_SIZE;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        mem_die(size);
    size = (MAX_OF(size, 1u) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (size > CHUNK_SIZE / 4)
        return alloc_large(arena, size);
    if (size > (size_t)(arena->end - arena->next))
        add_chunk(arena);
    void *ptr = arena->next;
    arena->next += size;
    return ptr;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        mem_die(SIZE_MAX);
    return arena_alloc(arena, bytes);
}

void arena_adopt(struct arena *arena, void *heap_ptr)
{
    if (!heap_ptr)
        return;
    struct arena_adopted *adopted = ARENA_NEW(arena, struct arena_adopted);
    *adopted = (struct arena_adopted){arena->adopted, heap_ptr};
    arena->adopted = adopted;
}

char *arena_cstr(struct arena *arena, struct str s)
{
    if (str_is_null(s))
        return NULL;
    char *copy = arena_alloc(arena, s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_cstr(arena, str_from(text));
}

struct str arena_str(struct arena *arena, struct str s)
{
    return (struct str){arena_cstr(arena, s), s.len};
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return STR("");
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    return str_of(text, (size_t)len);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str s = arena_vprintf(arena, format, args);
    va_end(args);
    return s;
}
