#include "driver/routes.h"

#include "base/macros.h"
#include "driver/handlers.h"

struct route {
    const char *method;
    const char *path;
    handler_fn *handle;
};

static const struct route routes[] = {
    {"GET", "/computer/display/screenshot", handle_screenshot},
    {"GET", "/computer/display/dimensions", handle_dimensions},
    {"POST", "/computer/input/keyboard/type", handle_keyboard_type},
    {"POST", "/computer/input/keyboard/key", handle_keyboard_key},
    {"GET", "/computer/input/mouse/position", handle_mouse_position},
    {"POST", "/computer/input/mouse/move", handle_mouse_move},
    {"POST", "/computer/input/mouse/click", handle_mouse_click},
};

/* No path has two methods. */
static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < countof(routes); i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

void routes_handle(struct desktop *desktop, const struct request *request, struct reply *reply)
{
    const struct route *route = find_route(request->path);
    if (!route) {
        reply_detail(reply, 404, STR("Not Found"));
    } else if (strcmp(route->method, request->method) != 0) {
        reply_detail(reply, 405, STR("Method Not Allowed"));
        reply->allow = route->method;
    } else if (request->body.overflowed) {
        reply_detail(reply, 413, STR("Request body too large"));
    } else {
        route->handle(desktop, request, reply);
    }
}
