/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check - what every unit test includes: cmocka, and a few words of ours.
 */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/mem.h"

#define assert_ok(e)	 assert_string_equal(err_str(e), err_str(OK))
#define assert_err(e, w) assert_string_equal(err_str(e), err_str(w))

#endif
