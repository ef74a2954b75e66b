#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->kind = kind;
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return false;
}

bool err_set_errno(struct err *err, enum err_kind kind, int number, const char *format, ...)
{
    char reason[128];
    const char *text = strerror_r(number, reason, sizeof(reason));
    va_list args;
    va_start(args, format);
    err->kind = kind;
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    size_t len = strlen(err->message);
    snprintf(err->message + len, sizeof(err->message) - len, ": %s", text);
    return false;
}
