#include "api/application_error.h"

const struct facade fleet_facade = {
    .document = "fleet",
    .authenticate = application_error_authenticate,
    .write_error = application_error_write,
    .write_invalid = application_error_write_invalid,
    .invalid_status = 422,
};
