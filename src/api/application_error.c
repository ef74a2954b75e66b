#include "api/application_error.h"

#include "base/clock.h"

/* A code where a client should branch; the API's own examples are all null. */
static const char *const error_codes[ERR_KIND_COUNT] = {
    [ERR_OUTCOME_UNKNOWN] = "outcome_unknown",
    [ERR_STORAGE_FULL] = "storage_full",
};

void application_error_write(struct json_writer *w, int status, enum err_kind kind,
                             const char *message)
{
    char timestamp[CLOCK_TEXT_SIZE];
    clock_format_seconds(clock_now_us(), timestamp);
    jw_object_begin(w);
    jw_field_str(w, "error", status == 500 ? STR("InternalServerError") : STR("HTTPException"));
    jw_field_str(w, "message", str_from(message));
    jw_field_str(w, "error_code", str_from(error_codes[kind]));
    jw_field_str(w, "details", STR_NULL);
    jw_field_str(w, "timestamp", str_from(timestamp));
    jw_object_end(w);
}

void application_error_write_invalid(struct json_writer *w, const struct operation *operation,
                                     const struct violations *violations)
{
    (void)operation; /* every operation of this API answers alike */
    violations_write_fastapi(w, violations);
}

bool application_error_authenticate(struct tx *tx, struct arena *arena,
                                    const struct http_request *request,
                                    struct principal *ret_principal, struct err *err)
{
    return auth_bearer(tx, arena, http_request_header(request, "authorization"), ret_principal,
                       err);
}
