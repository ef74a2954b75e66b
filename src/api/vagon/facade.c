/* Errors as the Vagon Computers API words them: {client_code, message, timestamp}, always JSON. */
#include "api/facade.h"

#include "base/clock.h"

/* 4710 is the API's code for a missing permission; the others equal their HTTP status. */
static int client_code(int status, enum err_kind kind)
{
    return kind == ERR_FORBIDDEN ? 4710 : status;
}

static void write_body(struct json_writer *w, int code, struct str message)
{
    char timestamp[CLOCK_TEXT_SIZE];
    clock_format_seconds(clock_now_us(), timestamp);
    jw_object_begin(w);
    jw_field_int(w, "client_code", code);
    jw_field_str(w, "message", message);
    jw_field_str(w, "timestamp", str_from(timestamp));
    jw_object_end(w);
}

static void write_error(struct json_writer *w, int status, enum err_kind kind, const char *message)
{
    write_body(w, client_code(status, kind), str_from(message));
}

static void write_invalid(struct json_writer *w, const struct operation *operation,
                          const struct violations *violations)
{
    struct buf summary;
    buf_init(&summary, 1024);
    violations_summary(violations, &summary);
    write_body(w, operation->invalid_code, buf_str(&summary));
    buf_finish(&summary);
}

/* The operations that need a key come with the machines of this API; what there is is public. */
static bool authenticate(struct tx *tx, struct arena *arena, const struct http_request *request,
                         struct principal *ret_principal, struct err *err)
{
    (void)tx;
    (void)arena;
    (void)request;
    (void)ret_principal;
    return err_set(err, ERR_UNAUTHORIZED, "Unauthorized");
}

const struct facade vagon_facade = {
    .document = "vagon",
    .authenticate = authenticate,
    .write_error = write_error,
    .write_invalid = write_invalid,
    .invalid_status = 400,
};
