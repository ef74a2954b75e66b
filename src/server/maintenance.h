/* The background thread that does what comes round again: writing down request logs and presence,
 * forgetting what is too old, resealing under a new key. */
#ifndef SERVER_MAINTENANCE_H
#define SERVER_MAINTENANCE_H

#include "api/api.h"
#include "base/err.h"

struct maintenance;

struct maintenance *maintenance_start(struct api *api, struct err *err);
/* Does the last round of what must not be lost, and ends the thread. NULL is accepted. */
void maintenance_stop(struct maintenance *maintenance);

/* The key file has changed: reseal soon. Any thread. */
void maintenance_reseal(struct maintenance *maintenance);

#endif
