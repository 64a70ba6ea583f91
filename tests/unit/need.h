/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * need - assertions in a child, which tells by its exit status: a missed one
 * of cmocka would jump back into the copy of the parent.
 */
#ifndef TESTS_UNIT_NEED_H
#define TESTS_UNIT_NEED_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NEED(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			printf("%s:%d: %s: %s\n", __FILE__, __LINE__,          \
			       #condition, strerror(errno));                   \
			fflush(stdout);                                        \
			_exit(1);                                              \
		}                                                              \
	} while (0)

#endif
