/* An arena: memory that lives as long as one piece of work (a request, a load) and is freed at
 * once. Not thread-safe; an arena may move from thread to thread with the work that owns it. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/str.h"

struct arena_chunk;
struct arena_adopted;

struct arena {
    struct arena_chunk *chunk; /* newest first */
    char *next;                /* free bytes of the newest chunk: [next, end) */
    char *end;
    size_t total; /* bytes taken from the heap, for limits and tests */
    struct arena_adopted *adopted;
};

/* Costs nothing: the first allocation takes the first chunk. */
void arena_init(struct arena *arena);

/* Frees everything; the arena may be used again. */
void arena_finish(struct arena *arena);

/* Zeroed, aligned for any type; never NULL (see mem.h on running out). */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* Zeroed array; ends the process when count * size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* Hands a heap pointer over: it is freed with the arena. NULL is accepted. */
void arena_adopt(struct arena *arena, void *heap_ptr);

/* NUL-terminated copies. A null str gives a null str and NULL. */
char *arena_strdup(struct arena *arena, const char *text);
struct str arena_str(struct arena *arena, struct str s);
char *arena_cstr(struct arena *arena, struct str s);

/* A formatted, NUL-terminated string. */
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
struct str arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0)
    __attribute__((nonnull(2)));

#endif
