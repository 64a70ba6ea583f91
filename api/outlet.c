/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/state.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	HOOK_TRIES = 3,
	HTTP_OK = 200,
	HTTP_OK_END = 300,
	WAIT_FIRST_MS = 1000,
	WAIT_MAX_MS = 3600 * 1000,
	OWN_NAMES_MAX = 1000, /* looked at in one go */
	/* Posts on their way that are of one user, */
	USER_FLIGHTS_MAX = 8,
	/* and those, of all or of one, whose last attempt failed: a share. */
	FAILING_SHARE = 2,
};

/* Before the second and the third try. */
static const uint64_t hook_waits_ms[HOOK_TRIES - 1] = {2000, 10000};

void outlets_init(struct outlets *os)
{
	list_init(&os->list);
}

void api_set_hooks(struct api *a, const struct hook_ports *ports)
{
	a->outlets.ports = *ports;
}

void outlet_forget(struct outlet *o)
{
	list_take(&o->node);
	sodium_memzero(o, sizeof(*o));
	free(o);
}

void outlets_clear(struct outlets *os)
{
	while (!list_is_empty(&os->list))
		outlet_forget(
		    list_entry(os->list.head.next, struct outlet, node));
}

static struct outlet *find_named(struct api *a, struct uid user,
				 const struct consumer_name *name)
{
	struct list_node *n;

	list_for_each (n, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (uid_is_equal(&o->user, &user) &&
		    strcmp(o->name.s, name->s) == 0)
			return o;
	}
	return NULL;
}

static struct consumer_name hook_name(const struct api_hook *h)
{
	struct consumer_name name;

	snprintf(name.s, sizeof(name.s), "hook:%s", h->name);
	return name;
}

static struct consumer_name webhook_name(struct uid id)
{
	struct consumer_name name;
	char text[ID_TEXT + 1];

	id_encode(ID_WEBHOOK, &id, text);
	snprintf(name.s, sizeof(name.s), "webhook:%s", text);
	return name;
}

struct outlet *outlet_find_webhook(struct api *a, struct uid user,
				   struct uid id)
{
	struct consumer_name name = webhook_name(id);

	return find_named(a, user, &name);
}

/* Where it stands; one that is new begins with what comes from now on. */
static enum err find_place(struct api *a, struct store *s,
			   const struct consumer_name *name, uint64_t *place)
{
	struct consumer_info c;
	struct journal_range range;
	enum err e = consumer_find(s, name, &c);

	if (e == ERR_NOT_FOUND) {
		e = query_journal_range(s, &range);
		if (e == OK)
			e = consumer_ack(s, name, range.last, api_wall_ms(a),
					 &c);
	}
	if (e == OK)
		*place = c.acked;
	return e;
}

static enum err add(struct api *a, struct uid user,
		    const struct consumer_name *name, struct outlet **out)
{
	struct outlet *o;
	uint64_t place;
	enum err e = find_place(a, api_store(a, user), name, &place);

	if (e != OK)
		return e;
	o = xcalloc(1, sizeof(*o));
	o->user = user;
	o->name = *name;
	o->place = o->acked = place;
	o->has_news = true;
	list_put_last(&a->outlets.list, &o->node);
	*out = o;
	return OK;
}

/* Whose events a hook is given: a name, or an id, or nothing for everybody. */
static bool is_for(const struct api_hook *h, const struct api_user *u)
{
	char id[ID_TEXT + 1];

	id_encode(ID_USER, &u->id, id);
	return !h->user || strcmp(h->user, u->name.s) == 0 ||
	       strcmp(h->user, id) == 0;
}

static enum err add_hooks(struct api *a, const struct api_user *u)
{
	enum err e = OK;
	size_t i;

	for (i = 0; i < a->outlets.ports.hook_count && e == OK; i++) {
		const struct api_hook *h = &a->outlets.ports.hooks[i];
		struct consumer_name name = hook_name(h);
		struct outlet *o;

		if (!is_for(h, u) || find_named(a, u->id, &name))
			continue;
		e = add(a, u->id, &name, &o);
		if (e != OK)
			break;
		o->hook = (unsigned)i;
		o->types = h->types;
	}
	return e;
}

struct loading {
	struct webhook_row rows[WEBHOOKS_MAX];
	size_t count;
};

static bool take_webhook(void *ctx, const struct webhook_row *row)
{
	struct loading *l = ctx;

	l->rows[l->count++] = *row;
	return l->count < WEBHOOKS_MAX;
}

static void want_poster(struct api *a)
{
	if (!a->outlets.has_poster && !a->outlets.asked_for_poster)
		a->outlets.ports.need_poster(a->outlets.ports.ctx);
	a->outlets.asked_for_poster = true;
}

static enum err add_webhook(struct api *a, struct uid user,
			    const struct webhook_row *row)
{
	struct consumer_name name = webhook_name(row->id);
	struct outlet *o;
	enum err e;

	if (find_named(a, user, &name))
		return OK;
	e = add(a, user, &name, &o);
	if (e != OK)
		return e;
	o->is_webhook = true;
	o->types = row->types ? row->types : UINT32_MAX;
	o->row = *row;
	want_poster(a);
	return OK;
}

static enum err add_webhooks(struct api *a, struct uid user)
{
	struct loading *l = xcalloc(1, sizeof(*l));
	enum err e = webhook_list(api_store(a, user), take_webhook, l);
	size_t i;

	for (i = 0; i < l->count && e == OK; i++)
		e = add_webhook(a, user, &l->rows[i]);
	xfree(l, sizeof(*l));
	return e;
}

struct stale {
	struct api *a;
	struct uid user;
	struct consumer_name name;
	bool found;
};

static bool is_stale(void *ctx, const struct consumer_info *c)
{
	struct stale *st = ctx;

	if (find_named(st->a, st->user, &c->name))
		return true;
	st->name = c->name;
	st->found = true;
	return false;
}

/* A hook that is no longer in the configuration would keep the journal from
 * being pruned; and a crash may have left one of a webhook. */
static enum err drop_stale(struct api *a, struct uid user)
{
	struct stale st = {.a = a, .user = user};
	struct store *s = api_store(a, user);
	enum err e;

	do {
		st.found = false;
		e = consumer_list_own(s, 0, OWN_NAMES_MAX, is_stale, &st);
		if (e == OK && st.found)
			e = consumer_delete(s, &st.name);
	} while (e == OK && st.found);
	return e;
}

static void on_unlocked(struct api *a, const struct api_user *u)
{
	enum err e = add_hooks(a, u);

	if (e == OK)
		e = add_webhooks(a, u->id);
	if (e == OK)
		e = drop_stale(a, u->id);
	/* What is there goes on; the rest when he is unlocked again. */
	if (e != OK)
		log_error("hooks of a user cannot be read: %s", err_str(e));
}

/* Nobody waits for what is on its way: what it was about is sent again. */
static void let_go(struct api *a, struct outlet *o)
{
	struct parcel drop = {.type = PARCEL_DROP, .id = o->parcel};

	if (o->is_webhook && o->parcel)
		(void)outlet_deliver(a, &drop);
	outlet_forget(o);
}

static void on_locked(struct api *a, struct uid user)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (uid_is_equal(&o->user, &user))
			let_go(a, o);
	}
}

/* The posts that are on their way. */
struct flights {
	size_t count;
	const struct outlet *list[PARCEL_FLIGHTS_MAX];
};

static void find_flights(const struct api *a, struct flights *f)
{
	struct list_node *n;

	f->count = 0;
	list_for_each (n, &a->outlets.list) {
		const struct outlet *o = list_entry(n, struct outlet, node);

		if (o->is_webhook && o->parcel && f->count < PARCEL_FLIGHTS_MAX)
			f->list[f->count++] = o;
	}
}

/* A receiver that hangs holds its place for half a minute.  So the places of
 * one user are few, and of all, and of his, those that fail have a part only:
 * whoever answers never waits for those who do not. */
static bool may_fly(const struct flights *f, const struct outlet *o)
{
	size_t failing = 0, his = 0, his_failing = 0, i;

	for (i = 0; i < f->count; i++) {
		bool fails = f->list[i]->tries > 0;
		bool is_his = uid_is_equal(&f->list[i]->user, &o->user);

		failing += fails;
		his += is_his;
		his_failing += fails && is_his;
	}
	if (f->count == PARCEL_FLIGHTS_MAX || his == USER_FLIGHTS_MAX)
		return false;
	return o->tries == 0 ||
	       (failing < PARCEL_FLIGHTS_MAX / FAILING_SHARE &&
		his_failing < USER_FLIGHTS_MAX / FAILING_SHARE);
}

/* Could something of it be sent, if it is due? */
static bool is_free(const struct api *a, const struct outlet *o,
		    const struct flights *f)
{
	const struct outlets *os = &a->outlets;

	if (o->parcel || !(o->wants_test || o->has_news))
		return false;
	if (o->is_webhook)
		return os->has_poster && may_fly(f, o);
	return os->has_runner && !os->hooks[o->hook].parcel;
}

static void pump(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);
	struct flights f;
	struct list_node *n, *t;

	find_flights(a, &f);
	list_for_each_safe (n, t, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (now_ms < o->due_ms || !is_free(a, o, &f))
			continue;
		outlet_send(a, o);
		if (o->is_webhook && o->parcel)
			f.list[f.count++] = o;
	}
}

void outlets_on_user(struct api *a, struct uid user)
{
	struct api_user u;

	if (!api_store(a, user)) {
		on_locked(a, user);
		return;
	}
	if (api_user_find(a, user, &u))
		on_unlocked(a, &u);
	pump(a);
}

void outlets_wake(struct api *a, const struct uid *user)
{
	struct list_node *n;
	bool any = false;

	list_for_each (n, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (!uid_is_equal(&o->user, user))
			continue;
		o->has_news = any = true;
	}
	if (any)
		pump(a);
}

uint64_t outlets_deadline(const struct api *a)
{
	uint64_t due_ms = UINT64_MAX;
	struct flights f;
	struct list_node *n;

	find_flights(a, &f);
	list_for_each (n, &a->outlets.list) {
		const struct outlet *o = list_entry(n, struct outlet, node);

		if (o->due_ms < due_ms && is_free(a, o, &f))
			due_ms = o->due_ms;
	}
	return due_ms;
}

void outlets_tick(struct api *a)
{
	if (outlets_deadline(a) <= api_mono_ms(a))
		pump(a);
}

static uint64_t webhook_wait_ms(unsigned tries)
{
	uint64_t wait_ms = WAIT_FIRST_MS;

	while (--tries > 0 && wait_ms < WAIT_MAX_MS)
		wait_ms *= 2;
	return wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
}

static void arrived(struct api *a, struct outlet *o)
{
	o->tries = 0;
	o->due_ms = 0;
	if (o->seq == 0)
		return;
	o->place = o->seq;
	outlet_ack(a, o);
}

static void settle_hook(struct api *a, struct outlet *o, bool is_well)
{
	if (is_well) {
		arrived(a, o);
	} else if (++o->tries < HOOK_TRIES) {
		o->due_ms = api_mono_ms(a) + hook_waits_ms[o->tries - 1];
	} else {
		a->outlets.hooks[o->hook].dropped++;
		arrived(a, o);
	}
}

static void settle_webhook(struct api *a, struct outlet *o,
			   const struct parcel *end)
{
	unsigned code = end->end == PARCEL_ANSWERED ? end->code : 0;
	bool is_well = code >= HTTP_OK && code < HTTP_OK_END;
	struct webhook_row was = o->row;
	struct store *s = api_store(a, o->user);

	o->last_end = end->end;
	o->row.last_status = code;
	if (is_well) {
		o->row.failing_ms = 0;
		arrived(a, o);
	} else {
		if (!o->row.failing_ms)
			o->row.failing_ms = api_wall_ms(a);
		o->tries += o->tries < UINT16_MAX;
		o->due_ms = api_mono_ms(a) + webhook_wait_ms(o->tries);
	}
	if (s &&
	    (was.failing_ms != o->row.failing_ms ||
	     was.last_status != o->row.last_status) &&
	    webhook_note(s, &o->row) != OK)
		log_warn("how a webhook fares could not be written");
	sodium_memzero(&was, sizeof(was));
}

static struct outlet *find_parcel(struct api *a, uint64_t id)
{
	struct list_node *n;

	list_for_each (n, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (o->parcel == id)
			return o;
	}
	return NULL;
}

static bool has_run_well(const struct parcel *end)
{
	return end->end == PARCEL_EXITED && end->code == 0;
}

/* Also when its user was locked meanwhile. */
static void count_run(struct api *a, const struct parcel *end)
{
	size_t i;

	for (i = 0; i < PARCEL_HOOKS_MAX; i++) {
		struct outlet_hook *h = &a->outlets.hooks[i];

		if (h->parcel != end->id)
			continue;
		h->parcel = 0;
		h->runs++;
		h->failures += !has_run_well(end);
		h->has_run = true;
		h->last_exit = end->code;
		h->last_ms = api_wall_ms(a);
	}
}

void api_parcel_end(struct api *a, const struct parcel *end)
{
	struct outlet *o;

	if (end->type != PARCEL_END || end->id == 0)
		return;
	count_run(a, end);
	o = find_parcel(a, end->id);
	if (o) {
		o->parcel = 0;
		if (o->is_webhook)
			settle_webhook(a, o, end);
		else
			settle_hook(a, o, has_run_well(end));
	}
	pump(a);
}

/* What was on its way is not known to have arrived, and did not fail. */
static void take_back(struct api *a, bool webhooks)
{
	struct list_node *n;
	size_t i;

	list_for_each (n, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (o->is_webhook == webhooks)
			o->parcel = 0;
	}
	for (i = 0; !webhooks && i < PARCEL_HOOKS_MAX; i++)
		a->outlets.hooks[i].parcel = 0;
}

void api_courier(struct api *a, enum parcel_type kind, bool is_there)
{
	bool posts = kind == PARCEL_POST;

	take_back(a, posts);
	*(posts ? &a->outlets.has_poster : &a->outlets.has_runner) = is_there;
	if (is_there)
		pump(a);
}

enum err outlet_add_webhook(struct api *a, struct uid user,
			    const struct webhook_row *row)
{
	struct store *s = api_store(a, user);
	enum err e = webhook_insert(s, row);

	if (e != OK)
		return e;
	e = add_webhook(a, user, row);
	if (e != OK && webhook_delete(s, row->id) != OK)
		log_warn("a webhook that has no place could not be deleted");
	return e;
}

enum err outlet_remove_webhook(struct api *a, struct outlet *o)
{
	struct store *s = api_store(a, o->user);
	struct consumer_name name = o->name;
	enum err e = webhook_delete(s, o->row.id);

	if (e != OK)
		return e;
	let_go(a, o);
	e = consumer_delete(s, &name);
	if (e != OK)
		log_warn("the place of a webhook is still there: %s",
			 err_str(e));
	return OK;
}

void outlet_test(struct api *a, struct outlet *o)
{
	o->wants_test = true;
	o->due_ms = 0;
	pump(a);
}

uint64_t outlet_next_ms(struct api *a, const struct outlet *o)
{
	uint64_t now_ms = api_mono_ms(a);

	if (o->parcel || !o->has_news || o->due_ms <= now_ms)
		return 0;
	return api_wall_ms(a) + (o->due_ms - now_ms);
}
