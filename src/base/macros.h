/* Small compile-time helpers that every layer may use. */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#include <stddef.h>

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that holds `member` at address `ptr`. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define MUST_CHECK        __attribute__((warn_unused_result))
#define UNUSED            __attribute__((unused))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define CLEANUP(fn)       __attribute__((cleanup(fn)))

/* Moves a pointer out of its owner: the owner forgets it, so its cleanup does nothing. */
#define STEAL(ptr)                                                                                 \
    ({                                                                                             \
        __typeof__(ptr) stolen_ = (ptr);                                                           \
        (ptr) = NULL;                                                                              \
        stolen_;                                                                                   \
    })

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#endif
