/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/views.h"
#include "core/kdf.h"

#define LINK_PREFIX "umbel:safety/"
#define LINK_UPPER  "UMBEL:SAFETY/"
#define LINK_TEXT   (sizeof(LINK_PREFIX) - 1 + SAFETY_DIGITS)

/* Without a relation there is nothing to compare. */
static struct reply *find(struct request *r, struct contact_row *out)
{
	enum err e = query_contact(r->store, r->path[ID_CONTACT], out);

	if (e)
		return reply_err(r, e);
	if (out->state != CONTACT_DETACHED)
		return NULL;
	return reply_error(r, PROBLEM_CONFLICT, "the contact is detached");
}

static void number_of(const struct contact_row *row,
		      char out[static SAFETY_TEXT + 1])
{
	struct pubkey mine;

	crypto_scalarmult_base(mine.b, row->my_static.b);
	kdf_safety_number(&mine, &row->peer_static, out);
}

/* Without the spaces. */
static void link_of(const char *prefix, const char *digits,
		    char out[static LINK_TEXT + 1])
{
	size_t n = strlen(prefix);

	memcpy(out, prefix, n);
	for (; *digits; digits++)
		if (*digits != ' ')
			out[n++] = *digits;
	out[n] = '\0';
}

struct reply *api_safety_get(struct request *r)
{
	char digits[SAFETY_TEXT + 1], link[LINK_TEXT + 1];
	struct jout *j = reply_body(r);
	struct contact_row row;
	struct reply *bad = find(r, &row);

	if (bad)
		return bad;
	number_of(&row, digits);
	link_of(LINK_PREFIX, digits, link);
	jout_open(j, NULL, '{');
	jout_str(j, "digits", digits);
	jout_str(j, "link", link);
	jout_bool(j, "verified", row.verified);
	jout_time(j, "verified_at", row.verified ? row.verified_ms : 0);
	jout_close(j, '}');
	sodium_memzero(&row, sizeof(row));
	return reply_json(r, 200);
}

struct reply *api_safety_qr(struct request *r)
{
	char digits[SAFETY_TEXT + 1], link[LINK_TEXT + 1];
	struct contact_row row;
	struct reply *bad = find(r, &row);

	if (bad)
		return bad;
	number_of(&row, digits);
	sodium_memzero(&row, sizeof(row));
	/* In upper case it makes a smaller code. */
	link_of(LINK_UPPER, digits, link);
	return reply_qr(r, link);
}

static struct reply *verified(struct request *r, const struct op *op,
			      enum err e)
{
	if (e == OK)
		e = view_contact_of(reply_body(r), NULL, r->api,
				    request_user(r), r->path[ID_CONTACT]);
	return e ? command_error(r, op, e) : reply_json(r, 200);
}

struct reply *api_verification_put(struct request *r)
{
	static const char *const methods[] = {"digits", "qr", NULL};
	struct event ev = {.type = EV_CMD_CONTACT_SET};
	struct contact_row row;
	struct reply *bad = find(r, &row);
	struct form f;
	unsigned method;

	sodium_memzero(&row, sizeof(row));
	if (bad)
		return bad;
	form_of_body(&f, r);
	form_bool(&f, "verified", FORM_REQUIRED, &ev.contact_set.verified);
	/* Either is as good. */
	form_word(&f, "method", FORM_OPTIONAL, methods, &method);
	if ((bad = form_done(&f)))
		return bad;
	ev.contact_set.contact_id = r->path[ID_CONTACT];
	ev.contact_set.fields = CONTACT_VERIFIED;
	return op_submit(r, op_new(r, OP_COMMAND, verified), &ev);
}
