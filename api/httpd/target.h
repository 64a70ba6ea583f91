/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * target - is a request target a path that can only be read one way?
 */
#ifndef HTTPD_TARGET_H
#define HTTPD_TARGET_H

#include "api/httpd/fault.h"
#include "util/buf.h"

/* FAULT_TARGET_FORM for anything but /path?query in printable ASCII;
 * FAULT_TARGET_PATH for dot or empty segments, and for escapes that hide a
 * slash, a backslash, a control character or broken UTF-8. */
enum fault target_check(struct bytes target);

/* What stands before the question mark. */
struct bytes target_path(struct bytes target);

#endif
