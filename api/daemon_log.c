/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The last lines of the log, newest first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "util/log_ring.h"

enum { EPOCH_BYTES = 8 };

/* A place in it.  Numbers begin anew with each process, so its cursors hold
 * when it began. */
static struct uid place_of(struct api *a, uint64_t number)
{
	struct uid id;

	for (size_t i = 0; i < EPOCH_BYTES; i++) {
		id.b[i] = (uint8_t)(a->started_ms >> 8 * i);
		id.b[EPOCH_BYTES + i] = (uint8_t)(number >> 8 * i);
	}
	return id;
}

static uint64_t number_at(const struct uid *place)
{
	uint64_t number = 0;

	for (size_t i = EPOCH_BYTES; i-- > 0;)
		number = number << 8 | place->b[EPOCH_BYTES + i];
	return number;
}

static bool is_of_now(struct api *a, const struct uid *place)
{
	struct uid now = place_of(a, number_at(place));

	return uid_is_equal(&now, place);
}

static void put_line(struct api *a, struct jout *j, const struct log_kept *line)
{
	char id[2 * 20 + 2];

	snprintf(id, sizeof(id), "%" PRIx64 "-%" PRIu64, a->started_ms,
		 line->number);
	jout_open(j, NULL, '{');
	jout_str(j, "id", id);
	jout_time(j, "at", line->at_ms);
	jout_str(j, "level", log_level_words[line->level]);
	jout_str(j, "module", "umbel-core");
	jout_str(j, "text", line->text);
	jout_close(j, '}');
}

struct reply *api_daemon_log(struct request *r)
{
	unsigned level = LOG_LEVEL_DEBUG;
	struct log_kept line = {.number = UINT64_MAX};
	struct reply *bad;
	struct form f;
	struct page p;

	form_of_query(&f, r);
	page_read(&p, &f, ID_PLACE);
	form_word(&f, "level", FORM_OPTIONAL, log_level_words, &level);
	if (p.has_after && !is_of_now(r->api, &p.after))
		return reply_error(r, PROBLEM_CURSOR_EXPIRED, NULL);
	bad = page_begin(&p, r, &f);
	if (bad)
		return bad;
	if (p.has_after)
		line.number = number_at(&p.after);
	while (log_ring_find(line.number, (enum log_level)level, &line)) {
		struct uid place = place_of(r->api, line.number);

		if (!page_take(&p, &place))
			break;
		put_line(r->api, p.j, &line);
	}
	return page_close(&p, r);
}
