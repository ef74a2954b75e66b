#include "fleet/refuse.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(struct tx *tx, struct err *err, enum err_kind kind, const char *format, ...)
{
    if (tx_error(tx, err))
        return false;
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return err_set(err, kind, "%s", message);
}
