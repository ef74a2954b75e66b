#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_die(size_t size)
{
    fprintf(stderr, "deskfleet: out of memory allocating %zu bytes\n", size);
    abort();
}

void *mem_zalloc(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);
    if (!ptr)
        mem_die(size);
    return ptr;
}

void *mem_realloc(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size ? size : 1);
    if (!grown)
        mem_die(size);
    return grown;
}

char *mem_strndup(const char *text, size_t len)
{
    char *copy = mem_zalloc(len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

void mem_free_ptr(void *ptr_to_ptr)
{
    void *ptr;
    memcpy(&ptr, ptr_to_ptr, sizeof(ptr));
    free(ptr);
}
