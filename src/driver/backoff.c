#include "driver/backoff.h"

#include "base/macros.h"

static const int64_t waits_ms[] = {1000, 2000, 4000, 8000, 16000};

#define SPREAD_PERCENT 30

int64_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    int64_t wait = waits_ms[MIN_OF(backoff->failures, countof(waits_ms) - 1)];
    int64_t spread = wait * SPREAD_PERCENT / 100;
    if (backoff->failures < countof(waits_ms))
        backoff->failures++;
    return wait - spread + (int64_t)random * 2 * spread / UINT32_MAX;
}

void backoff_connected(struct backoff *backoff, int64_t lifetime_ms)
{
    if (lifetime_ms >= BACKOFF_RESET_MS)
        backoff->failures = 0;
}
