#include "api/facade.h"

static const struct facade *const facades[] = {&cyberdesk_facade, &vagon_facade, &fleet_facade};

const struct facade *facade_of_document(const char *document)
{
    for (size_t i = 0; i < countof(facades); i++) {
        if (strcmp(facades[i]->document, document) == 0)
            return facades[i];
    }
    return &cyberdesk_facade;
}

const struct facade *facade_of_path(struct str path)
{
    bool is_vagon = str_starts_with(path, STR("/organization-management/"));
    return is_vagon ? &vagon_facade : &cyberdesk_facade;
}

int facade_status(enum err_kind kind)
{
    static const int statuses[ERR_KIND_COUNT] = {
        [ERR_INVALID] = 400,      [ERR_NOT_FOUND] = 404,    [ERR_CONFLICT] = 409,
        [ERR_FORBIDDEN] = 403,    [ERR_UNAUTHORIZED] = 401, [ERR_UNAVAILABLE] = 503,
        [ERR_TIMEOUT] = 504,      [ERR_BAD_MACHINE] = 502,  [ERR_OUTCOME_UNKNOWN] = 502,
        [ERR_STORAGE_FULL] = 503, [ERR_INTERNAL] = 500,     [ERR_NONE] = 500,
    };
    return statuses[kind];
}
