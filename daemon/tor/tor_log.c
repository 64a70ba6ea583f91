/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/tor_log.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/log.h"
#include "util/mem.h"

enum { STAMP_MAX = 24, FINGERPRINT = 40, ONION = 56 };

static const char hidden[] = "[scrubbed]";

static size_t span(const char *word, size_t n, int (*is)(int))
{
	size_t i = 0;

	while (i < n && is((unsigned char)word[i]))
		i++;
	return i;
}

/* Longer runs of letters and digits than words of any language. */
static bool has_name(const char *word, size_t n)
{
	size_t i = 0, run;

	while (i < n) {
		run = span(word + i, n - i, isxdigit);
		if (run >= FINGERPRINT)
			return true;
		run = span(word + i, n - i, isalnum);
		if (run >= ONION)
			return true;
		i += run + 1;
	}
	return false;
}

/* Four numbers with dots between.  What begins with 0 is no host, but a version
 * of tor. */
static bool has_ipv4(const char *word, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t from = i, digits, groups = 0;

		while ((digits = span(word + i, n - i, isdigit)) > 0) {
			groups++;
			i += digits;
			if (groups == 4 || i >= n || word[i] != '.')
				break;
			i++;
		}
		if (groups == 4 &&
		    !(word[from] == '0' && word[from + 1] == '.'))
			return true;
		i++;
	}
	return false;
}

static bool has_ipv6(const char *word, size_t n)
{
	size_t i, colons = 0, digits = 0;

	for (i = 0; i < n; i++) {
		if (word[i] == ':')
			colons++;
		else if (isxdigit((unsigned char)word[i]))
			digits++;
		else if (!strchr("[]().,;\"'/", word[i]))
			colons = digits = 0;
		if (colons >= 2 && digits >= 2)
			return true;
	}
	return false;
}

/* "cert=..." of obfs4 opens a bridge as a key does, "url=..." names a broker.
 */
static bool has_argument(const char *word, size_t n)
{
	return (n > 5 && memmem(word, n, "cert=", 5)) ||
	       (n > 4 && memmem(word, n, "url=", 4));
}

static bool is_telling(const char *word, size_t n)
{
	return has_argument(word, n) || has_name(word, n) ||
	       has_ipv4(word, n) || has_ipv6(word, n) ||
	       (n > 6 && memmem(word, n, ".onion", 6));
}

/* Behind "Nov 28 02:37:42.000 [notice] ". */
static const char *take_level(const char *line, enum log_level *level)
{
	static const struct {
		const char *word;
		enum log_level level;
	} words[] = {{"[err] ", LOG_LEVEL_ERROR},
		     {"[warn] ", LOG_LEVEL_WARN},
		     {"[notice] ", LOG_LEVEL_INFO},
		     {"[info] ", LOG_LEVEL_DEBUG},
		     {"[debug] ", LOG_LEVEL_DEBUG}};
	const char *open = strchr(line, '[');
	size_t i;

	*level = LOG_LEVEL_INFO;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (open && open - line <= STAMP_MAX &&
		    !strncmp(open, words[i].word, strlen(words[i].word))) {
			*level = words[i].level;
			return open + strlen(words[i].word);
		}
	return line;
}

enum log_level tor_log_clean(char *line)
{
	enum log_level level;
	const char *from = take_level(line, &level);
	char *to = line;

	while (*from) {
		size_t n = strcspn(from, " ");

		/* In the place of a word that is as long at least. */
		if (is_telling(from, n)) {
			size_t put = n < strlen(hidden) ? n : strlen(hidden);

			memcpy(to, hidden, put);
			to += put;
		} else {
			memmove(to, from, n);
			to += n;
		}
		from += n;
		if (*from)
			*to++ = *from++;
	}
	*to = '\0';
	return level;
}

static void end_line(struct tor_log *l)
{
	enum log_level level;
	size_t i;

	if (l->n > TOR_LOG_LINE)
		l->n = TOR_LOG_LINE;
	for (i = 0; i < l->n; i++)
		if (l->line[i] < ' ' || l->line[i] > '~')
			l->line[i] = l->line[i] == '\t' ? ' ' : '.';
	l->line[l->n] = '\0';
	l->n = 0;
	level = tor_log_clean(l->line);
	if (l->line[0])
		log_line(level, "tor: %s", l->line);
}

void tor_log_take(struct tor_log *l, struct bytes data)
{
	size_t i;

	for (i = 0; i < data.n; i++) {
		if (data.p[i] == '\n') {
			end_line(l);
			continue;
		}
		if (l->n < TOR_LOG_LINE)
			l->line[l->n] = (char)data.p[i];
		if (l->n <= TOR_LOG_LINE)
			l->n++;
	}
}
