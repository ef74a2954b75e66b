/* Heap allocation for objects with an owner of their own. Work that lives as long as one request
 * uses an arena instead (arena.h).
 *
 * Running out of memory ends the process at once: every buffer a peer can fill has a ceiling, so
 * it means the host is broken, and all acknowledged state is in the database (docs/decisions). */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/macros.h"

/* Zeroed memory; never NULL. Free with free(). */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));

/* realloc that never returns NULL. New bytes are not initialised. */
void *mem_realloc(void *ptr, size_t size) __attribute__((returns_nonnull, alloc_size(2)));

/* A NUL-terminated copy of `len` bytes at `text`. Free with free(). */
char *mem_strndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull));

#define MEM_NEW(type) ((type *)mem_zalloc(sizeof(type)))

/* For CLEANUP(mem_free_ptr) on any heap pointer. */
void mem_free_ptr(void *ptr_to_ptr);

_Noreturn void mem_die(size_t size);

#endif
