/* Who this driver is: a fingerprint made once and kept in DIR/config.json, mode 0600. */
#ifndef DRIVER_IDENTITY_H
#define DRIVER_IDENTITY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/uuid.h"

struct identity {
    struct uuid fingerprint;
};

/* Reads the identity, or makes and stores one when there is none yet or `renew` is set. A file
 * that exists but cannot be understood is an error: quietly taking another identity would make
 * another machine. `dir` NULL means $XDG_CONFIG_HOME/deskfleet-driver or
 * ~/.config/deskfleet-driver; it is made when missing, mode 0700. */
bool identity_load(const char *dir, bool renew, struct identity *ret_identity, struct err *err);

#endif
