#include "fleet/events.h"

#include "store/events.h"

void event_emit(struct tx *tx, const char *type, struct str organization_id, struct str subject_id,
                int64_t at, struct str data)
{
    struct event_row row = {
        .organization_id = organization_id,
        .type = str_from(type),
        .subject_id = subject_id,
        .at = at,
        .data = data,
    };
    events_append(tx, &row);
}
