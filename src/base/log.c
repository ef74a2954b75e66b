#include "base/log.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LINE_CEILING 4096

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static atomic_int lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&lowest, (int)level);
}

bool log_level_parse(struct str name, enum log_level *ret_level)
{
    for (size_t i = 0; i < countof(level_names); i++) {
        if (str_eq(name, str_from(level_names[i]))) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return s.len > 0;
}

static void append_quoted(struct buf *line, struct str s)
{
    buf_append_char(line, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else if (c == '\n')
            buf_append_str(line, STR("\\n"));
        else if (c < ' ' || c == 0x7f)
            buf_printf(line, "\\x%02x", c);
        else
            buf_append_char(line, (char)c);
    }
    buf_append_char(line, '"');
}

static void append_field(struct buf *line, const struct log_field *field)
{
    buf_printf(line, " %s=", field->key);
    if (str_is_null(field->text))
        buf_printf(line, "%lld", (long long)field->number);
    else if (is_plain(field->text))
        buf_append_str(line, field->text);
    else
        append_quoted(line, field->text);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    if ((int)level < atomic_load_explicit(&lowest, memory_order_relaxed))
        return;
    char time[CLOCK_TEXT_SIZE];
    clock_format(clock_now_us(), time);
    struct buf line;
    buf_init(&line, LINE_CEILING);
    buf_printf(&line, "%s %s %s", time, level_names[level], event);
    for (; fields->key; fields++)
        append_field(&line, fields);
    line.overflowed = false;
    if (!buf_append_char(&line, '\n'))
        line.ptr[line.len - 1] = '\n';
    ssize_t written = write(STDERR_FILENO, line.ptr, line.len);
    (void)written; /* nowhere left to report to */
    buf_finish(&line);
}
