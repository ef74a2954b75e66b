/* cmocka wants four headers before its own. Every *_test.c includes this one. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#define assert_str_equal(actual, expected)                                                         \
    do {                                                                                           \
        struct str actual_ = (actual), expected_ = str_from(expected);                             \
        assert_int_equal(actual_.len, expected_.len);                                              \
        assert_memory_equal(actual_.ptr ? actual_.ptr : "", expected_.ptr, expected_.len);         \
    } while (0)

#endif
