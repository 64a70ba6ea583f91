/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "util/clock.h"
#include "util/file.h"
#include "util/log_ring.h"
#include "util/mem.h"
#include "util/text.h"

#define LINE_MAX_BYTES 1024

const char *const log_level_words[] = {"error", "warning", "info", "debug",
				       NULL};
static const char *log_who = "umbel";
static atomic_uint log_max = LOG_LEVEL_INFO;
static bool log_to_journal;
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

void log_start(const char *who, enum log_level max)
{
	log_who = who;
	log_max = max;
	log_to_journal = getenv("JOURNAL_STREAM") != NULL;
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

void log_line(enum log_level level, const char *fmt, ...)
{
	uint64_t now_ms;
	char line[LINE_MAX_BYTES];
	va_list ap;
	int n, text;

	if (level > log_max)
		return;
	now_ms = clock_wall_ms();
	text = n = put_head(line, sizeof(line) - 1, level, now_ms);
	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - 1 - (size_t)n, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	log_ring_put(level, now_ms, line + text, (size_t)(n - text));
	line[n++] = '\n';
	/* Nowhere to report that standard error is gone. */
	if (file_write_all(2, line, (size_t)n) != OK)
		return;
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
