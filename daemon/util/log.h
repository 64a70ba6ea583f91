/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - levels and one sink, standard error.
 *
 * Never log contents, names, addresses or keys: log_id() gives a short tag
 * that means something only within one log.  Text that came from outside
 * goes through log_text(), which leaves printable ASCII only.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/log_level.h"

/* By its name: "error", "warning", "info", "debug"; else ERR_NOT_FOUND. */
enum err log_level_find(const char *word, enum log_level *level) MUST_CHECK;
/* These names by number, NULL at the end. */
extern const char *const log_level_words[];

/* who: the name in front of each line, a string that stays.  Lines get
 * journald's <N> prefix instead of a time when JOURNAL_STREAM says that
 * standard error leads there.  Of a flood the first lines are written, then how
 * many more there were (log_limit.h); at exit too.  Where nobody
 * reads them, lines are lost, and counted, rather than waited for. */
void log_start(const char *who, enum log_level max);
/* One sentence, before there is a log, or instead of one: "who: sentence", or
 * an error in the journal. */
void log_last_words(const char *who, const char *sentence);
/* Another level from here on. */
void log_set_level(enum log_level max);
/* How many lines were held back, at once. */
void log_tell_held(void);
/* The same, of those whose minute is over; else the next line does it, which
 * may be hours away.  To be called now and then. */
void log_tell_due(void);
/* What cannot be done for want of something that the administrator can give
 * more of: error is EMFILE, ENFILE, ENOBUFS, ENOMEM; else it is only named. */
void log_shortage(const char *what, int error);
void log_line(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Keyed hash of an id or key, 8 hex digits; the key is new at each start. */
struct log_tag {
	char s[9];
};
struct log_tag log_id(const void *id, size_t n);

/* Printable ASCII copy, other bytes as '.', cut at 100 characters. */
struct log_text {
	char s[101];
};
struct log_text log_text(const void *p, size_t n);

#endif
