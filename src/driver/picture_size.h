/* How large a screenshot is to be: the contract's width, height and mode. */
#ifndef DRIVER_PICTURE_SIZE_H
#define DRIVER_PICTURE_SIZE_H

#include "base/str.h"
#include "driver/image.h"

#define PICTURE_SIDE_MAX 8192

enum picture_mode {
    PICTURE_EXACT,       /* as asked, whatever becomes of the proportions */
    PICTURE_ASPECT_FIT,  /* the largest of the screen's proportions that lies inside */
    PICTURE_ASPECT_FILL, /* the smallest that covers; it is not cropped */
};

/* Unknown and absent modes are exact. */
enum picture_mode picture_mode(struct str name);

/* A side of 0 was not given and means the screen's own; neither given means 1024x768 exact. No
 * side of the result is less than 1 or more than PICTURE_SIDE_MAX. */
struct size picture_size(struct size screen, struct size wanted, enum picture_mode mode);

#endif
