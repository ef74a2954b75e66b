/* The one place that knows every layer: makes them, connects them, and takes them apart in the
 * right order. */
#ifndef SERVER_WIRING_H
#define SERVER_WIRING_H

#include "base/arena.h"
#include "base/err.h"
#include "server/config.h"

struct server;

/* Everything up to accepting connections. NULL and an error for the operator on failure. */
struct server *server_create(const struct server_config *config, struct arena *arena,
                             struct err *err);

/* Prints the line that says where it listens: "ready listen=HOST:PORT ... operator=HOST:PORT". */
void server_print_ready(const struct server *server);

/* Reads the key file again (SIGHUP). */
void server_reload_keys(struct server *server);

/* Lets requests in flight finish, says goodbye to drivers, writes everything down. NULL is
 * accepted. */
void server_destroy(struct server *server);

#endif
