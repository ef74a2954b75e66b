/* Functions that invite overflows, truncation or hidden global state are compile errors here.
 * Every source file of ours is compiled with this header in front (see meson.build). */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atoll gmtime localtime ctime asctime

#endif
