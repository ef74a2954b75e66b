/* Sockets that listen. */
#ifndef NET_HTTP_LISTEN_H
#define NET_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Binds `count` sockets to one address ("HOST:PORT" or "unix:PATH"), one for each loop; the kernel
 * spreads TCP connections over them. Does not listen yet. *ret_port is 0 for a unix socket. */
MUST_CHECK bool http_listen_bind(const char *address, unsigned count, int *ret_fds,
                                 uint16_t *ret_port, struct err *err);

/* Removes the file of a unix socket; nothing for TCP. */
void http_listen_remove(const char *address);

#endif
