/* The one error convention (CONTRIBUTING.md).
 *
 * A function that can fail in a way its caller must know about returns bool and takes a
 * `struct err *err` last. On failure it fills the error and returns false; on success it leaves
 * the error alone. The kind says whose fault it is, in words that no protocol owns; a façade maps
 * kinds to statuses. The message is for people and names what is wrong; it carries no secret. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/macros.h"

enum err_kind {
    ERR_NONE,
    ERR_INVALID,         /* the request asks for something that makes no sense now */
    ERR_NOT_FOUND,       /* no such object, or another organization's */
    ERR_CONFLICT,        /* somebody else got there first; trying again may work */
    ERR_FORBIDDEN,       /* the key lacks the scope */
    ERR_UNAUTHORIZED,    /* the key is wrong or revoked */
    ERR_UNAVAILABLE,     /* the machine or the storage cannot serve now */
    ERR_TIMEOUT,         /* the machine did not answer in time */
    ERR_BAD_MACHINE,     /* the machine answered nonsense */
    ERR_OUTCOME_UNKNOWN, /* a crash hid whether the request had its effect */
    ERR_STORAGE_FULL,    /* the low-disk watermark refuses new data */
    ERR_INTERNAL,        /* our fault */
    ERR_KIND_COUNT,
};

struct err {
    enum err_kind kind;
    char message[512];
};

/* Fills *err and returns false, so that `return err_set(...)` reads well. Long messages are cut. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* As err_set, with ": strerror(number)" behind. */
bool err_set_errno(struct err *err, enum err_kind kind, int number, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
