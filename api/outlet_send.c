/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outlet_send - the next event of an outlet, made into a parcel.
 *
 * What a webhook's receiver gets is signed as the Standard Webhooks say:
 * HMAC-SHA256 over id, time and body.  The key never leaves this process.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "api/outlet.h"
#include "api/state.h"
#include "api/view_event.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

#define SECRET_PREFIX "whsec_"

enum {
	SCAN_MAX = 512, /* rows looked at in one go */
	/* Rows passed over without a note on the disk; the journal keeps them
	 * a little longer for it. */
	SKIP_MAX = 256,
	AGAIN_MS = 1000,
	MESSAGE_ID_TEXT = 64,
	TIME_TEXT = 24,
};

void outlet_put_secret(const struct webhook_secret *s,
		       char out[static OUTLET_SECRET_TEXT])
{
	size_t n = strlen(SECRET_PREFIX);

	memcpy(out, SECRET_PREFIX, n);
	sodium_bin2base64(out + n, OUTLET_SECRET_TEXT - n, s->b, s->n,
			  sodium_base64_VARIANT_ORIGINAL);
}

enum err outlet_read_secret(struct bytes text, struct webhook_secret *out)
{
	size_t n = strlen(SECRET_PREFIX);
	struct webhook_secret s = {.n = 0};
	enum err e = OK;

	if (text.n < n || memcmp(text.p, SECRET_PREFIX, n) != 0)
		return ERR_SYNTAX;
	if (sodium_base642bin(s.b, sizeof(s.b), (const char *)text.p + n,
			      text.n - n, NULL, &s.n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		e = ERR_SYNTAX;
	else if (s.n < WEBHOOK_SECRET_MIN)
		e = ERR_RANGE;
	else
		*out = s;
	sodium_memzero(&s, sizeof(s));
	return e;
}

void outlet_ack(struct api *a, struct outlet *o)
{
	struct store *s = api_store(a, o->user);
	struct consumer_info c;

	if (s && o->place > o->acked &&
	    consumer_ack(s, &o->name, o->place, api_wall_ms(a), &c) == OK)
		o->acked = c.acked;
}

struct scan {
	struct outlet *o;
	size_t count;
	bool found;
	struct journal_info row;
};

static bool look(void *ctx, const struct journal_info *row)
{
	struct scan *sc = ctx;

	sc->count++;
	sc->found = row->type > JOURNAL_NONE &&
		    (unsigned)row->type < EVENT_KEPT &&
		    sc->o->types & UINT32_C(1) << row->type;
	if (sc->found)
		sc->row = *row;
	else
		sc->o->place = row->seq;
	return !sc->found;
}

/* False: nothing to send now. */
static bool find_next(struct api *a, struct outlet *o, struct journal_info *out)
{
	struct scan sc = {.o = o};
	struct store *s = api_store(a, o->user);
	enum err e;

	if (!s)
		return false;
	e = query_journal(s, o->place, SCAN_MAX, look, &sc);
	if (e != OK) {
		o->due_ms = api_mono_ms(a) + AGAIN_MS;
		return false;
	}
	if (!sc.found) {
		o->has_news = sc.count == SCAN_MAX;
		if (o->place - o->acked >= SKIP_MAX)
			outlet_ack(a, o);
		return false;
	}
	*out = sc.row;
	return true;
}

static void put_test(struct jout *j, struct api *a, const struct outlet *o)
{
	jout_open(j, NULL, '{');
	jout_null(j, "id");
	jout_id(j, "user_id", ID_USER, &o->user);
	jout_str(j, "type", "webhook.test");
	jout_time(j, "at", api_wall_ms(a));
	jout_open(j, "data", '{');
	jout_id(j, "webhook_id", ID_WEBHOOK, &o->row.id);
	jout_close(j, '}');
	jout_close(j, '}');
}

static void sign(const struct webhook_secret *key, const struct parcel *p,
		 char out[static 64])
{
	const struct bytes parts[] = {p->message_id, bytes_of(".", 1),
				      p->timestamp, bytes_of(".", 1), p->body};
	crypto_auth_hmacsha256_state st;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	size_t i;

	crypto_auth_hmacsha256_init(&st, key->b, key->n);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		crypto_auth_hmacsha256_update(&st, parts[i].p, parts[i].n);
	crypto_auth_hmacsha256_final(&st, mac);
	sodium_memzero(&st, sizeof(st));
	memcpy(out, "v1,", 3);
	sodium_bin2base64(out + 3, 64 - 3, mac, sizeof(mac),
			  sodium_base64_VARIANT_ORIGINAL);
}

/* The same for every attempt at the same event. */
static void put_message_id(struct api *a, const struct outlet *o, uint64_t seq,
			   char out[static MESSAGE_ID_TEXT])
{
	char user[UID_TEXT + 1];

	uid_encode(o->user.b, user);
	if (seq)
		snprintf(out, MESSAGE_ID_TEXT, "evt_%s_%" PRIu64, user, seq);
	else
		snprintf(out, MESSAGE_ID_TEXT, "test_%s_%" PRIu64, user,
			 api_wall_ms(a));
}

static struct bytes text_of(const char *s)
{
	return bytes_of(s, strlen(s));
}

bool outlet_deliver(struct api *a, const struct parcel *p)
{
	const struct hook_ports *ports = &a->outlets.ports;

	return ports->deliver(ports->ctx, p);
}

static bool post(struct api *a, struct outlet *o, uint64_t seq,
		 struct parcel *p)
{
	char id[MESSAGE_ID_TEXT], time[TIME_TEXT], signature[64];

	put_message_id(a, o, seq, id);
	snprintf(time, sizeof(time), "%" PRIu64, api_wall_ms(a) / 1000);
	p->type = PARCEL_POST;
	p->url = text_of(o->row.url);
	p->message_id = text_of(id);
	p->timestamp = text_of(time);
	sign(&o->row.secret, p, signature);
	p->signature = text_of(signature);
	return outlet_deliver(a, p);
}

static bool run(struct api *a, struct outlet *o, struct parcel *p)
{
	p->type = PARCEL_RUN;
	p->hook = o->hook;
	if (!outlet_deliver(a, p))
		return false;
	a->outlets.hooks[o->hook].parcel = p->id;
	return true;
}

/* seq 0: a test. */
static void hand_over(struct api *a, struct outlet *o, uint64_t seq,
		      struct bytes body)
{
	struct parcel p = {.id = a->outlets.last_parcel + 1, .body = body};

	if (!(o->is_webhook ? post(a, o, seq, &p) : run(a, o, &p))) {
		o->due_ms = api_mono_ms(a) + AGAIN_MS;
		return;
	}
	a->outlets.last_parcel = p.id;
	o->parcel = p.id;
	o->seq = seq;
	/* The next in line for this hook is another user's. */
	list_take(&o->node);
	list_put_last(&a->outlets.list, &o->node);
}

static void send_event(struct api *a, struct outlet *o,
		       const struct journal_info *row)
{
	struct jout body;
	enum err e;

	jout_init(&body);
	e = view_event(&body, a, o->user, row);
	if (e != OK) {
		o->due_ms = api_mono_ms(a) + AGAIN_MS;
	} else if (body.out.len > PARCEL_BODY_MAX) {
		log_error("an event is too long for hooks; passed over");
		o->place = row->seq;
	} else {
		hand_over(a, o, row->seq, buf_view(&body.out));
	}
	jout_clear(&body);
}

static void send_test(struct api *a, struct outlet *o)
{
	struct jout body;

	jout_init(&body);
	put_test(&body, a, o);
	hand_over(a, o, 0, buf_view(&body.out));
	o->wants_test = o->parcel == 0;
	jout_clear(&body);
}

void outlet_send(struct api *a, struct outlet *o)
{
	struct journal_info row;

	if (o->wants_test)
		send_test(a, o);
	else if (find_next(a, o, &row))
		send_event(a, o, &row);
}
