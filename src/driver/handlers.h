/* One function an operation; called by routes.c only. Each reads its fields, acts on the desktop
 * and fills the reply. Paths, fields and answers: the contract's section 3.5. */
#ifndef DRIVER_HANDLERS_H
#define DRIVER_HANDLERS_H

#include "driver/desktop.h"
#include "driver/reply.h"
#include "driver/request.h"

typedef void handler_fn(struct desktop *desktop, const struct request *request,
                        struct reply *reply);

handler_fn handle_screenshot;
handler_fn handle_dimensions;
handler_fn handle_keyboard_type;
handler_fn handle_keyboard_key;
handler_fn handle_mouse_position;
handler_fn handle_mouse_move;
handler_fn handle_mouse_click;

#endif
