/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/log_limit.h"

#include <stddef.h>

static bool is_over(const struct log_kind *k, uint64_t now_ms)
{
	return now_ms < k->since_ms || now_ms - k->since_ms >= LOG_LIMIT_MS;
}

/* The one that is there, or a free one, or the place of one whose minute is
 * over and of which nothing is to be told; NULL: too many kinds at once. */
static struct log_kind *find(struct log_limit *l, const char *format,
			     enum log_level level, uint64_t now_ms)
{
	struct log_kind *place = NULL;
	int i;

	for (i = 0; i < LOG_LIMIT_KINDS; i++) {
		struct log_kind *k = &l->kind[i];

		if (k->format == format && k->level == level)
			return k;
		if (!place &&
		    (!k->format || (k->held == 0 && is_over(k, now_ms))))
			place = k;
	}
	if (place)
		*place = (struct log_kind){
		    .format = format, .level = level, .since_ms = now_ms};
	return place;
}

static enum log_verdict take(struct log_kind *k, unsigned most, uint64_t now_ms)
{
	if (k->held == 0 && is_over(k, now_ms)) {
		k->since_ms = now_ms;
		k->passed = 0;
	}
	if (k->passed < most)
		return ++k->passed < most ? LOG_PASS : LOG_PASS_LAST;
	k->held++;
	return LOG_HOLD;
}

enum log_verdict log_limit_take(struct log_limit *l, const char *format,
				enum log_level level, uint64_t now_ms)
{
	struct log_kind *k = find(l, format, level, now_ms);
	enum log_verdict own = LOG_PASS, all;

	if (k)
		own = take(k, LOG_LIMIT_PER_KIND, now_ms);
	if (own == LOG_HOLD)
		return own;
	l->all[level].format = "";
	l->all[level].level = level;
	all = take(&l->all[level], LOG_LIMIT_IN_ALL, now_ms);
	return all == LOG_HOLD ? all : own;
}

static bool tell(struct log_kind *k, uint64_t now_ms, bool all,
		 struct log_kind *out)
{
	if (!k->format || k->held == 0 || !(all || is_over(k, now_ms)))
		return false;
	*out = *k;
	k->held = 0;
	k->passed = 0;
	k->since_ms = now_ms;
	return true;
}

bool log_limit_tell(struct log_limit *l, uint64_t now_ms, bool all,
		    struct log_kind *out)
{
	int i;

	for (i = 0; i <= LOG_LEVEL_DEBUG; i++)
		if (tell(&l->all[i], now_ms, all, out))
			return true;
	for (i = 0; i < LOG_LIMIT_KINDS; i++)
		if (tell(&l->kind[i], now_ms, all, out))
			return true;
	return false;
}
