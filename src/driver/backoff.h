/* How long to wait before connecting again (the contract's section 3.4). */
#ifndef DRIVER_BACKOFF_H
#define DRIVER_BACKOFF_H

#include <stdint.h>

/* A connection that lasted this long starts the table over. */
#define BACKOFF_RESET_MS 10000

/* A unix socket is on this machine: nobody is spared by waiting. */
#define BACKOFF_LOCAL_MS 50

struct backoff {
    unsigned failures; /* since the last good connection */
};

/* 1, 2, 4, 8, 16, 16, ... seconds, spread by 30 % either way so that a fleet does not return at
 * one moment. `random` is any 32 random bits. Counts the failure. */
int64_t backoff_next_ms(struct backoff *backoff, uint32_t random);

/* After a connection that lasted `lifetime_ms`. */
void backoff_connected(struct backoff *backoff, int64_t lifetime_ms);

#endif
