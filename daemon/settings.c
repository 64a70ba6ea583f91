/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/keyfile.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/text.h"

enum { FILE_BYTES_MAX = 256 };

#define KEY_LOG_LEVEL "log_level = "
#define KEY_AUTO_LOCK "auto_lock_minutes = "

static bool take_auto_lock(struct settings *s, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || v > AUTO_LOCK_MINUTES_MAX)
		return false;
	s->has_auto_lock_minutes = true;
	s->auto_lock_minutes = (unsigned)v;
	return true;
}

static bool take_line(struct settings *s, const char *line)
{
	if (strncmp(line, KEY_LOG_LEVEL, strlen(KEY_LOG_LEVEL)) == 0) {
		s->has_log_level = log_level_find(line + strlen(KEY_LOG_LEVEL),
						  &s->log_level) == OK;
		return s->has_log_level;
	}
	return strncmp(line, KEY_AUTO_LOCK, strlen(KEY_AUTO_LOCK)) == 0 &&
	       take_auto_lock(s, line + strlen(KEY_AUTO_LOCK));
}

/* Lines as put_lines() makes them, and nothing else. */
static bool take_lines(struct settings *s, char *text)
{
	char *line = text, *end;

	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return false;
		*end = '\0';
		if (!take_line(s, line))
			return false;
	}
	return true;
}

static enum err read_file(struct settings *s)
{
	char text[FILE_BYTES_MAX + 1] = "";
	struct settings found = *s;
	struct buf b;
	enum err e;

	buf_init(&b, FILE_BYTES_MAX);
	e = file_read(s->path, &b);
	if (e == OK && b.len > 0)
		memcpy(text, b.data, b.len);
	if (e == OK && strlen(text) != b.len)
		e = ERR_SYNTAX;
	buf_clear(&b);
	if (e == OK && !take_lines(&found, text))
		e = ERR_SYNTAX;
	if (e == OK)
		*s = found;
	return e == ERR_NOT_FOUND ? OK : e;
}

void settings_open(struct settings *s, const char *path,
		   enum log_level log_level, unsigned auto_lock_minutes)
{
	enum err e;

	*s = (struct settings){
	    .path = xstrdup(path),
	    .base_log_level = log_level,
	    .base_auto_lock_minutes = auto_lock_minutes,
	};
	e = read_file(s);
	if (e != OK)
		log_warn("%s cannot be used (%s): the configuration file alone "
			 "counts",
			 s->path, err_str(e));
	log_set_level(settings_log_level(s));
}

void settings_set_base(struct settings *s, enum log_level log_level,
		       unsigned auto_lock_minutes)
{
	s->base_log_level = log_level;
	s->base_auto_lock_minutes = auto_lock_minutes;
	log_set_level(settings_log_level(s));
}

void settings_close(struct settings *s)
{
	free(s->path);
	s->path = NULL;
}

enum log_level settings_log_level(const struct settings *s)
{
	return s->has_log_level ? s->log_level : s->base_log_level;
}

unsigned settings_auto_lock_minutes(const struct settings *s)
{
	return s->has_auto_lock_minutes ? s->auto_lock_minutes
					: s->base_auto_lock_minutes;
}

static size_t put_lines(const struct settings *s, char out[FILE_BYTES_MAX])
{
	int n = 0;

	if (s->has_log_level)
		n += snprintf(out, FILE_BYTES_MAX, KEY_LOG_LEVEL "%s\n",
			      log_level_words[s->log_level]);
	if (s->has_auto_lock_minutes)
		n += snprintf(out + n, FILE_BYTES_MAX - (size_t)n,
			      KEY_AUTO_LOCK "%u\n", s->auto_lock_minutes);
	return (size_t)n;
}

enum err settings_change(struct settings *s, const struct settings *fresh)
{
	struct settings next = *s;
	char text[FILE_BYTES_MAX];
	enum err e;

	next.has_log_level = fresh->has_log_level;
	next.log_level = fresh->log_level;
	next.has_auto_lock_minutes = fresh->has_auto_lock_minutes;
	next.auto_lock_minutes = fresh->auto_lock_minutes;
	e = file_replace(s->path, text, put_lines(&next, text), 0600);
	if (e != OK)
		return e;
	*s = next;
	log_set_level(settings_log_level(s));
	return OK;
}
