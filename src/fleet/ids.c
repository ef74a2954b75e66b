#include "fleet/ids.h"

#include "base/uuid.h"

struct str id_new(struct arena *arena, const char *prefix)
{
    struct uuid uuid = uuid_new();
    char digits[UUID_LEN + 1];
    size_t count = 0;
    for (size_t i = 0; i < UUID_LEN; i++) {
        if (uuid.text[i] != '-')
            digits[count++] = uuid.text[i];
    }
    digits[count] = '\0';
    return arena_printf(arena, "%s%s", prefix, digits);
}
