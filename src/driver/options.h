/* The command line. */
#ifndef DRIVER_OPTIONS_H
#define DRIVER_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "net/ws_client.h"

#define OPTIONS_TARGET_SIZE 1024
#define TUNNEL_PATH         "/tunnel/ws"

enum options_action {
    ACTION_JOIN,
    ACTION_HELP,
    ACTION_VERSION,
};

/* Texts point into argv or the environment. */
struct options {
    enum options_action action;
    const char *url;
    const char *secret;  /* NULL: none, on a unix socket only */
    const char *name;    /* NULL: the server names the machine */
    const char *display; /* NULL: DISPLAY says */
    const char *config_dir;
    bool new_identity;
    bool once;
    bool allow_insecure;

    struct ws_endpoint endpoint; /* from url */
    char target[OPTIONS_TARGET_SIZE];
};

/* Fails with a sentence for the user; ERR_INVALID always. */
bool options_parse(int argc, char **argv, struct options *ret_options, struct err *err);

/* The text of --help. */
void options_print_help(void);

#endif
