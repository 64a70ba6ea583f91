/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bridges that tor is to use.
 */
#include <jansson.h>

#include "api/form.h"
#include "api/handlers.h"
#include "api/op.h"
#include "api/state.h"

static void put_texts(struct jout *j, const char *key,
		      const struct bytes *texts, size_t count)
{
	jout_open(j, key, '[');
	for (size_t i = 0; i < count; i++)
		jout_text(j, NULL, texts[i]);
	jout_close(j, ']');
}

static struct reply *show(struct request *r)
{
	struct jout *j = reply_body(r);
	struct api_bridges b = {.count = 0};

	r->api->ports.bridges(r->api->ports.ctx, &b);
	jout_open(j, NULL, '{');
	jout_bool(j, "use", b.use);
	put_texts(j, "lines", b.lines, b.count);
	put_texts(j, "transports", b.transports, b.transport_count);
	jout_close(j, '}');
	return reply_json(r, 200);
}

struct reply *api_bridges_get(struct request *r)
{
	return show(r);
}

/* Each line that is wrong is named. */
static void read_line(struct form *f, size_t i, const json_t *v,
		      struct api_bridges *b)
{
	struct api *a = f->r->api;
	const char *wrong = "expected text";

	if (json_is_string(v)) {
		b->lines[i] =
		    bytes_of(json_string_value(v), json_string_length(v));
		wrong = a->ports.bridge_check(a->ports.ctx, b->lines[i]);
	}
	if (wrong)
		form_fault_at(f, "lines", i, "invalid_bridge", wrong);
}

static void read_lines(struct form *f, struct api_bridges *b)
{
	const json_t *v = form_value(f, "lines"), *item;
	size_t i;

	if (!v || !json_is_array(v)) {
		form_fault(f, "lines", v ? "wrong_type" : "required",
			   "expected an array of bridge lines");
		return;
	}
	b->count = json_array_size(v);
	if (b->count > API_BRIDGES_MAX) {
		form_fault(f, "lines", "too_long", "at most 32 bridges");
		return;
	}
	json_array_foreach(v, i, item)
	{
		read_line(f, i, item, b);
	}
	if (b->use && b->count == 0)
		form_fault(f, "lines", "too_short", "at least one to use");
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
{
	(void)op;
	if (e == ERR_STATE)
		return reply_error(r, PROBLEM_CONFLICT,
				   "umbel.conf names the bridges, the tor is "
				   "not a child of umbeld, or another change "
				   "is on its way");
	return e ? reply_err(r, e) : show(r);
}

struct reply *api_bridges_put(struct request *r)
{
	struct api_bridges b = {.count = 0};
	struct reply *bad;
	struct op *op;
	struct form f;

	form_of_body(&f, r);
	form_bool(&f, "use", FORM_REQUIRED, &b.use);
	read_lines(&f, &b);
	bad = form_done(&f);
	if (bad)
		return bad;
	op = op_new(r, OP_LOCK, changed);
	r->api->ports.set_bridges(r->api->ports.ctx, op->ticket, &b);
	return reply_later(r);
}
