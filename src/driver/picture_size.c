#include "driver/picture_size.h"

#include "base/macros.h"

#define DEFAULT_WIDTH  1024
#define DEFAULT_HEIGHT 768

enum picture_mode picture_mode(struct str name)
{
    if (str_eq(name, STR("aspect_fit")))
        return PICTURE_ASPECT_FIT;
    return str_eq(name, STR("aspect_fill")) ? PICTURE_ASPECT_FILL : PICTURE_EXACT;
}

static uint32_t side(double length)
{
    return (uint32_t)MIN_OF(MAX_OF(length, 1.0), (double)PICTURE_SIDE_MAX);
}

struct size picture_size(struct size screen, struct size wanted, enum picture_mode mode)
{
    if (wanted.width == 0 && wanted.height == 0)
        return (struct size){DEFAULT_WIDTH, DEFAULT_HEIGHT};
    if (wanted.width == 0)
        wanted.width = side(screen.width);
    if (wanted.height == 0)
        wanted.height = side(screen.height);
    if (mode == PICTURE_EXACT)
        return wanted;

    /* Fit keeps the asked side in which the screen is relatively larger, fill the other. */
    double aspect = (double)screen.width / screen.height;
    bool screen_is_wider = aspect > (double)wanted.width / wanted.height;
    if (screen_is_wider == (mode == PICTURE_ASPECT_FIT))
        return (struct size){wanted.width, side(wanted.width / aspect)};
    return (struct size){side(wanted.height * aspect), wanted.height};
}
