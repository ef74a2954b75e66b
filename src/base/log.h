/* Structured logs: one line an event on standard error, `time level event key=value ...`.
 *
 *     log_info("machine.connected", LOG_STR("machine", id), LOG_INT("epoch", epoch));
 *
 * Values are quoted and escaped when they hold anything but plain characters, so a hostile name
 * cannot forge a line. Library code logs at debug only; whoever decides logs once. Secrets, link
 * tokens and raw paths of links never go in. Thread-safe: a line is one write. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
    LOG_ERROR,
};

struct log_field {
    const char *key; /* NULL ends the list */
    struct str text; /* used when not null */
    int64_t number;
};

#define LOG_STR(key, value)  ((struct log_field){(key), (value), 0})
#define LOG_CSTR(key, value) ((struct log_field){(key), str_from(value), 0})
#define LOG_INT(key, value)  ((struct log_field){(key), STR_NULL, (int64_t)(value)})

/* The lowest level written; LOG_INFO at start. Call before threads start. */
void log_set_level(enum log_level level);
/* "debug", "info", "warn", "error"; false for anything else. */
bool log_level_parse(struct str name, enum log_level *ret_level);

void log_write(enum log_level level, const char *event, const struct log_field *fields);

#define LOG_AT_(level, event, ...)                                                                 \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_debug(event, ...) LOG_AT_(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  LOG_AT_(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG_AT_(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG_AT_(LOG_ERROR, event, __VA_ARGS__)

#endif
