/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "util/clock.h"
#include "util/file.h"
#include "util/log_limit.h"
#include "util/log_ring.h"
#include "util/mem.h"
#include "util/text.h"

#define LINE_MAX_BYTES 1024
/* So long may whoever reads the log keep us waiting, once. */
#define PATIENCE_MS 200

const char *const log_level_words[] = {"error", "warning", "info", "debug",
				       NULL};
static const char *log_who = "umbel";
static atomic_uint log_max = LOG_LEVEL_INFO;
static bool log_to_journal;
static struct log_limit limit;
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;
static const char note[] = " (more like this are counted, and not shown)";
#define NOTE_BYTES sizeof(note)
static atomic_ullong lost; /* lines, since one was written */
static uint8_t log_key[crypto_shorthash_KEYBYTES];

enum err log_level_find(const char *word, enum log_level *level)
{
	size_t i;

	for (i = 0; log_level_words[i]; i++)
		if (!strcmp(word, log_level_words[i])) {
			*level = (enum log_level)i;
			return OK;
		}
	return ERR_NOT_FOUND;
}

/* systemd.exec(5): device and inode of what standard error was then. */
static bool is_journal(const char *stream)
{
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(2, &st) == 0 && st.st_dev == (dev_t)device &&
	       st.st_ino == (ino_t)inode;
}

void log_start(const char *who, enum log_level max)
{
	static bool is_started;

	if (!is_started)
		atexit(log_tell_held);
	is_started = true;
	log_who = who;
	log_max = max;
	log_to_journal = is_journal(getenv("JOURNAL_STREAM"));
	randombytes_buf(log_key, sizeof(log_key));
}

void log_set_level(enum log_level max)
{
	log_max = max;
}

static int put_head(char *line, size_t cap, enum log_level level,
		    uint64_t now_ms)
{
	static const int priority[] = {3, 4, 6, 7};
	char at[RFC3339_TEXT + 1];

	if (log_to_journal)
		return snprintf(line, cap, "<%d>", priority[level]);
	rfc3339_encode(now_ms, at);
	return snprintf(line, cap, "%s %s: %s: ", at, log_who,
			log_level_words[level]);
}

/* A pipe that nobody empties, a terminal that was stopped: the write would wait
 * for ever, and with it all that we do. */
static bool is_stuck(void)
{
	struct pollfd p = {2, POLLOUT, 0};

	return poll(&p, 1, lost ? 0 : PATIENCE_MS) == 0;
}

static void tell_lost(uint64_t now_ms)
{
	unsigned long long n = atomic_exchange(&lost, 0);
	char line[LINE_MAX_BYTES];
	int at = put_head(line, sizeof(line), LOG_LEVEL_WARN, now_ms);

	if (n == 0)
		return;
	at += snprintf(line + at, sizeof(line) - (size_t)at,
		       "%llu lines before this one are lost: nobody read them, "
		       "or there was no room\n",
		       n);
	if (file_write_all(2, line, (size_t)at) != OK)
		lost += n;
}

/* Whatever was in a path. */
static void make_one_line(char *text, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '.';
}

/* line: the head, of that many bytes, and the text. */
static void write_line(enum log_level level, uint64_t now_ms, char *line,
		       int head, int n)
{
	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	make_one_line(line + head, n - head);
	log_ring_put(level, now_ms, line + head, (size_t)(n - head));
	line[n++] = '\n';
	if (!is_stuck()) {
		tell_lost(now_ms);
		if (file_write_all(2, line, (size_t)n) == OK)
			return;
	}
	lost++;
}

static void write_held(const struct log_kind *k)
{
	uint64_t now_ms = clock_wall_ms();
	char line[LINE_MAX_BYTES];
	int n, head = put_head(line, sizeof(line), k->level, now_ms);

	n = head + snprintf(line + head, sizeof(line) - (size_t)head,
			    k->format[0] ? "%llu more like this: \"%s\""
					 : "%llu more lines of this level%s",
			    (unsigned long long)k->held, k->format);
	write_line(k->level, now_ms, line, head, n);
}

/* Never with the lock held: who writes may block. */
static void tell_held(bool all)
{
	struct log_kind k;
	bool is_there;

	do {
		pthread_mutex_lock(&limit_lock);
		is_there = log_limit_tell(&limit, clock_mono_ms(), all, &k);
		pthread_mutex_unlock(&limit_lock);
		if (is_there)
			write_held(&k);
	} while (is_there);
}

void log_last_words(const char *who, const char *sentence)
{
	char line[LINE_MAX_BYTES + 64];
	int n = snprintf(line, sizeof(line), "%s%s: %s",
			 is_journal(getenv("JOURNAL_STREAM")) ? "<3>" : "", who,
			 sentence);

	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	make_one_line(line, n);
	line[n++] = '\n';
	(void)!file_write_all(2, line, (size_t)n);
}

void log_tell_held(void)
{
	tell_held(true);
}

void log_tell_due(void)
{
	tell_held(false);
}

/* What somebody asked to see by "debug" is all shown. */
static enum log_verdict judge(enum log_level level, const char *fmt)
{
	enum log_verdict v;

	if (level == LOG_LEVEL_DEBUG)
		return LOG_PASS;
	tell_held(false);
	pthread_mutex_lock(&limit_lock);
	v = log_limit_take(&limit, fmt, level, clock_mono_ms());
	pthread_mutex_unlock(&limit_lock);
	return v;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	enum log_verdict verdict;
	uint64_t now_ms;
	char line[LINE_MAX_BYTES];
	va_list ap;
	int n, head;

	if (level > log_max)
		return;
	verdict = judge(level, fmt);
	if (verdict == LOG_HOLD)
		return;
	now_ms = clock_wall_ms();
	n = head = put_head(line, sizeof(line) - 1, level, now_ms);
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - 1 - (size_t)n, fmt, ap);
	va_end(ap);
	if (verdict == LOG_PASS_LAST && n < LINE_MAX_BYTES - (int)NOTE_BYTES)
		n += snprintf(line + n, NOTE_BYTES, "%s", note);
	write_line(level, now_ms, line, head, n);
}

static const char *remedy(int error)
{
	if (error == EMFILE)
		return "raise the limit of open files (LimitNOFILE= of the "
		       "unit, or ulimit -n)";
	if (error == ENFILE)
		return "the whole machine has too many open files: raise "
		       "fs.file-max by sysctl";
	if (error == ENOMEM || error == ENOBUFS)
		return "give this machine or this service more memory";
	return "it is tried again";
}

void log_shortage(const char *what, int error)
{
	log_warn("%s: %s; %s", what, strerror(error), remedy(error));
}

struct log_tag log_id(const void *id, size_t n)
{
	uint8_t h[crypto_shorthash_BYTES];
	struct log_tag tag;

	crypto_shorthash(h, id, n, log_key);
	hex_encode(h, 4, tag.s);
	return tag;
}

struct log_text log_text(const void *p, size_t n)
{
	const unsigned char *from = p;
	struct log_text t;
	size_t i;

	if (n > sizeof(t.s) - 1)
		n = sizeof(t.s) - 1;
	for (i = 0; i < n; i++)
		t.s[i] = '.';
	for (i = 0; i < n; i++)
		if (from[i] >= 0x20 && from[i] < 0x7f)
			t.s[i] = (char)from[i];
	t.s[n] = '\0';
	return t;
}
