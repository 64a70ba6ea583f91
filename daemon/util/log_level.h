/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log_level - how bad a line of the log is; for log.h and log_ring.h.
 */
#ifndef UTIL_LOG_LEVEL_H
#define UTIL_LOG_LEVEL_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

#endif
