/* The driver's list of operations. */
#ifndef DRIVER_ROUTES_H
#define DRIVER_ROUTES_H

#include "driver/desktop.h"
#include "driver/reply.h"
#include "driver/request.h"

/* Carries a complete request out and fills the reply. */
void routes_handle(struct desktop *desktop, const struct request *request, struct reply *reply);

#endif
