/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outlet - the ways out of a user's journal: command hooks and webhooks.
 *
 * An outlet has a place in the journal, kept on the disk under a name of the
 * daemon's own (store/consumer.h), and at most one event on its way.  It goes
 * on when that one has arrived, or, a hook, has failed for the last time.  So
 * nothing is missed; what arrived just before a crash may come again, under
 * the same number.
 */
#ifndef API_OUTLET_H
#define API_OUTLET_H

#include "api/outlets.h"
#include "store/consumer.h"
#include "store/webhook.h"
#include "util/list.h"

struct outlet {
	struct list_node node;
	struct uid user;
	struct consumer_name name;
	bool is_webhook;
	unsigned hook; /* else: its number */
	uint32_t types;
	uint64_t place;	 /* done with all events up to here */
	uint64_t acked;	 /* the same, as the disk has it */
	uint64_t parcel; /* what is on its way; 0: nothing */
	uint64_t seq;	 /* of the event in there; 0: a test */
	uint64_t due_ms; /* not before (monotonic) */
	unsigned tries;	 /* of the next event, so far */
	bool has_news;	 /* there may be one */
	/* Of a webhook: */
	struct webhook_row row;
	bool wants_test;
	enum parcel_end last_end; /* 0: no attempt since the start */
};

/* A webhook that was made, and begins now; ERR_FULL: one too many. */
enum err outlet_add_webhook(struct api *a, struct uid user,
			    const struct webhook_row *row) MUST_CHECK;
struct outlet *outlet_find_webhook(struct api *a, struct uid user,
				   struct uid id);
enum err outlet_remove_webhook(struct api *a, struct outlet *o) MUST_CHECK;
void outlet_test(struct api *a, struct outlet *o);
/* When it will try again, by the wall clock; 0: it waits for nothing. */
uint64_t outlet_next_ms(struct api *a, const struct outlet *o);

/* Takes it out of the list, and wipes it. */
void outlet_forget(struct outlet *o);

/* outlet_send.c: hands over what is due next, if anything is. */
void outlet_send(struct api *a, struct outlet *o);
/* Notes on the disk how far it has come.  If that fails, the next time. */
void outlet_ack(struct api *a, struct outlet *o);
bool outlet_deliver(struct api *a, const struct parcel *p);

/* The text that signs a webhook's secret: "whsec_" and base64. */
#define OUTLET_SECRET_TEXT 96
void outlet_put_secret(const struct webhook_secret *s,
		       char out[static OUTLET_SECRET_TEXT]);
enum err outlet_read_secret(struct bytes text,
			    struct webhook_secret *out) MUST_CHECK;

#endif
