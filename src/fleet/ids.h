/* Ids that are not plain UUIDs. */
#ifndef FLEET_IDS_H
#define FLEET_IDS_H

#include "base/arena.h"
#include "base/str.h"

/* The prefix and the 32 hexadecimal digits of a new UUIDv7: "org_0193...". */
struct str id_new(struct arena *arena, const char *prefix);

#endif
