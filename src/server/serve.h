/* `deskfleet serve`. */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

/* Runs a server until SIGTERM or SIGINT. `argv` starts behind the verb. Returns the exit code:
 * 0 after a drain, 1 when it could not start, 2 when the options are wrong. */
int serve_main(int argc, char **argv);

#endif
