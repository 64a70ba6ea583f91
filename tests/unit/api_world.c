/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "api_kit.h"
#include "check.h"

/* The ports. */

static uint64_t on_wall(void *ctx)
{
	return ((struct world *)ctx)->wall_ms;
}

static uint64_t on_mono(void *ctx)
{
	return ((struct world *)ctx)->mono_ms;
}

static void on_random(void *ctx, void *p, size_t n)
{
	struct world *w = ctx;
	uint8_t *out = p;

	for (size_t i = 0; i < n; i++) {
		w->random =
		    w->random * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(w->random >> 56);
	}
}

static struct person *find(struct world *w, struct uid id)
{
	for (size_t i = 0; i < PEOPLE_MAX; i++)
		if (w->people[i].is_there &&
		    memcmp(w->people[i].user.id.b, id.b, sizeof(id.b)) == 0)
			return &w->people[i];
	return NULL;
}

static void on_each(void *ctx, api_user_fn *fn, void *fn_ctx)
{
	struct world *w = ctx;

	for (size_t i = 0; i < PEOPLE_MAX; i++)
		if (w->people[i].is_there && !fn(fn_ctx, &w->people[i].user))
			return;
}

static bool on_find(void *ctx, struct uid id, struct api_user *out)
{
	struct person *p = find(ctx, id);

	if (p)
		*out = p->user;
	return p != NULL;
}

static struct store *on_store(void *ctx, struct uid id)
{
	struct person *p = find(ctx, id);

	return p && p->user.state == API_USER_UNLOCKED ? p->kit.store : NULL;
}

static struct pending *add(struct world *w, uint64_t ticket, struct uid user)
{
	struct pending *p = &w->pending[w->pending_count++];

	assert_true(w->pending_count <= PENDING_MAX);
	memset(p, 0, sizeof(*p));
	p->ticket = ticket;
	p->user = user;
	p->kind = PEND_OTHER;
	return p;
}

static void settle(struct world *w)
{
	if (!w->is_manual)
		world_commit(w);
}

static void on_create(void *ctx, uint64_t ticket, struct uid id,
		      const struct label *name, struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = add(w, ticket, id);

	assert_true(passphrase.n >= 8);
	p->result = w->fails;
	for (size_t i = 0; p->result == OK && i < PEOPLE_MAX; i++) {
		struct person *one = &w->people[i];

		if (one->is_there && strcmp(one->user.name.s, name->s) == 0) {
			p->result = ERR_EXISTS;
			break;
		}
		if (one->is_there)
			continue;
		kit_start(&one->kit);
		one->is_there = true;
		one->user = (struct api_user){.id = id,
					      .name = *name,
					      .state = API_USER_UNLOCKED,
					      .created_ms = w->wall_ms};
		break;
	}
	settle(w);
}

static void on_unlock(void *ctx, uint64_t ticket, struct uid id,
		      struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = add(w, ticket, id);

	p->kind = PEND_UNLOCK;
	p->result = ERR_AUTH;
	if (find(w, id) &&
	    bytes_equal(passphrase, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = OK;
	if (find(w, id) && find(w, id)->user.state == API_USER_LOCKED)
		find(w, id)->user.state = API_USER_UNLOCKING;
	settle(w);
}

static void on_passphrase(void *ctx, uint64_t ticket, struct uid id,
			  struct bytes old, struct bytes fresh)
{
	struct world *w = ctx;
	struct pending *p = add(w, ticket, id);

	assert_true(fresh.n >= 8);
	if (!bytes_equal(old, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = ERR_AUTH;
	settle(w);
}

static void on_lock(void *ctx, uint64_t ticket, struct uid id)
{
	struct world *w = ctx;

	find(w, id)->user.state = API_USER_LOCKED;
	for (size_t i = 0; i < w->pending_count; i++)
		if (w->pending[i].kind == PEND_UNLOCK &&
		    memcmp(&w->pending[i].user, &id, sizeof(id)) == 0)
			w->pending[i].result = ERR_STATE;
	api_user_state_changed(w->api, id);
	add(w, ticket, id);
	settle(w);
}

static void on_destroy(void *ctx, uint64_t ticket, struct uid id,
		       struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = add(w, ticket, id);
	struct person *who = find(w, id);

	if (!bytes_equal(passphrase, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = ERR_AUTH;
	else
		p->result = w->fails;
	if (p->result == OK) {
		who->is_there = false;
		api_user_state_changed(w->api, id);
		kit_end(&who->kit);
	}
	settle(w);
}

/* What an export says is not looked at here. */
static void on_export(void *ctx, uint64_t ticket, const struct api_export *what)
{
	struct world *w = ctx;

	w->exported = *what;
	add(w, ticket, what->user)->result = w->fails;
	if (w->fails == OK)
		kit_spill(what->path, EXPORTED, strlen(EXPORTED));
	settle(w);
}

static void on_import(void *ctx, uint64_t ticket, const struct api_import *what)
{
	struct world *w = ctx;
	size_t n;
	uint8_t *file = kit_slurp(what->path, &n);

	w->imported = *what;
	assert_true(bytes_equal(bytes_of(file, n),
				bytes_of(EXPORTED, strlen(EXPORTED))));
	free(file);
	add(w, ticket, what->id)->result = w->fails;
	settle(w);
}

static void on_cancel(void *ctx, uint64_t ticket)
{
	struct world *w = ctx;

	for (size_t i = 0; i < w->pending_count; i++)
		if (w->pending[i].ticket == ticket)
			w->pending[i].result = ERR_CLOSED;
}

static unsigned on_percent(void *ctx, uint64_t ticket)
{
	struct world *w = ctx;

	for (size_t i = 0; i < w->pending_count; i++)
		if (w->pending[i].ticket == ticket)
			return 42;
	return 0;
}

static bool on_online(void *ctx, struct uid user, struct uid contact)
{
	struct world *w = ctx;
	struct uid first = kit_uid('c', 1);

	(void)user;
	return w->contact_1_online &&
	       memcmp(contact.b, first.b, sizeof(first.b)) == 0;
}

static void on_submit(void *ctx, struct uid user, const struct event *ev)
{
	struct world *w = ctx;

	w->last = *ev;
	plan_command(w, add(w, ev->cmd, user), &find(w, user)->kit, ev);
	settle(w);
}

static void on_work(void *ctx, uint64_t ticket, enum err (*run)(void *arg),
		    void *arg)
{
	struct world *w = ctx;

	api_done(w->api, ticket, run(arg));
}

static void on_tor(void *ctx, struct api_tor *out)
{
	*out = ((struct world *)ctx)->tor;
}

static void on_services(void *ctx, struct uid user, struct api_services *out)
{
	struct world *w = ctx;

	(void)user;
	*out = (struct api_services){3, 2, w->door_is_published};
}

static enum err on_tokens_load(void *ctx, struct buf *out)
{
	const struct world *w = ctx;

	if (w->tokens_fail || w->tokens.len == 0)
		return w->tokens_fail ? w->tokens_fail : ERR_NOT_FOUND;
	return buf_put(out, w->tokens.data, w->tokens.len);
}

static enum err on_tokens_save(void *ctx, struct bytes text)
{
	struct world *w = ctx;

	if (w->tokens_fail)
		return w->tokens_fail;
	w->tokens_saved++;
	buf_clear(&w->tokens);
	return buf_put(&w->tokens, text.p, text.n);
}

static void on_shutdown(void *ctx)
{
	((struct world *)ctx)->shutdown_count++;
}

static const struct api_ports ports = {
    .wall_ms = on_wall,
    .mono_ms = on_mono,
    .random = on_random,
    .users_each = on_each,
    .user_find = on_find,
    .user_create = on_create,
    .user_unlock = on_unlock,
    .user_lock = on_lock,
    .user_passphrase = on_passphrase,
    .store = on_store,
    .contact_is_online = on_online,
    .submit = on_submit,
    .work = on_work,
    .jobs = {.destroy = on_destroy,
	     .export = on_export,
	     .import = on_import,
	     .cancel = on_cancel,
	     .percent = on_percent},
    .tor = on_tor,
    .services = on_services,
    .tokens_load = on_tokens_load,
    .tokens_save = on_tokens_save,
    .shutdown = on_shutdown,
};

static void start_api(struct world *w, unsigned calls, unsigned sends)
{
	struct api_ports mine = ports;
	struct api_config config = {.version = "0.0-test",
				    .port = 7766,
				    .jobs = {w->people[CAROL].kit.dir, 0},
				    .calls = {calls},
				    .sends = {sends}};

	mine.ctx = w;
	w->api = api_new(&mine, &config);
	api_set_admin_secret(w->api, bytes_of(ADMIN, strlen(ADMIN)));
}

static void add_person(struct world *w, int who, const char *name,
		       enum api_user_state state)
{
	struct person *p = &w->people[who];

	kit_start(&p->kit);
	p->is_there = true;
	p->user.id = kit_uid('u', (uint32_t)who + 1);
	snprintf(p->user.name.s, sizeof(p->user.name.s), "%s", name);
	p->user.state = state;
	p->user.created_ms = KIT_WALL;
}

/* As a contact is at first. */
static void save_contact(struct kit *k, uint32_t n)
{
	struct contact_row full = kit_contact(n);
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .journal = JOURNAL_CONTACT_ADDED};

	e.contact = (struct contact_row){
	    .id = full.id,
	    .conversation_id = full.conversation_id,
	    .state = CONTACT_ACTIVE,
	    .my_static = full.my_static,
	    .peer_static = full.peer_static,
	    .n = full.n,
	    .alarm = full.alarm,
	    .name = full.name,
	    .alias = full.alias,
	    .created_ms = full.created_ms,
	    .last_seen_ms = full.last_seen_ms,
	};
	kit_save(k, &e);
}

static void save_self(struct kit *k, uint8_t n)
{
	struct effect e = {.type = FX_SAVE_SELF};

	e.self = (struct self_row){
	    .door_on = true,
	    .door = {{n}},
	    .door_created_ms = KIT_WALL,
	    .difficulty = DIFFICULTY_DEFAULT,
	};
	kit_save(k, &e);
}

void world_start_limited(struct world *w, unsigned calls, unsigned sends)
{
	memset(w, 0, sizeof(*w));
	w->mono_ms = 1000000;
	buf_init(&w->tokens, 4 << 20);
	w->wall_ms = KIT_WALL + 100000;
	w->tor = (struct api_tor){.state = API_TOR_READY,
				  .version = "0.4.9.11",
				  .percent = 100,
				  .tag = "done",
				  .summary = "Done"};
	add_person(w, ALICE, "alice", API_USER_UNLOCKED);
	add_person(w, BOB, "bob", API_USER_LOCKED);
	add_person(w, CAROL, "carol", API_USER_UNLOCKED);
	for (uint32_t n = 1; n <= 3; n++)
		save_contact(&w->people[ALICE].kit, n);
	save_self(&w->people[ALICE].kit, 1);
	save_self(&w->people[CAROL].kit, 2);
	w->seq = 100;
	start_api(w, calls, sends);
}

void world_start(struct world *w)
{
	world_start_limited(w, 0, 0);
}

void world_end(struct world *w)
{
	api_free(w->api);
	buf_clear(&w->tokens);
	for (size_t i = 0; i < PEOPLE_MAX; i++)
		if (w->people[i].is_there)
			kit_end(&w->people[i].kit);
}

void world_restart(struct world *w)
{
	api_free(w->api);
	for (size_t i = 0; i < PEOPLE_MAX; i++) {
		if (!w->people[i].is_there)
			continue;
		kit_close(&w->people[i].kit);
		kit_open(&w->people[i].kit);
	}
	start_api(w, 0, 0);
}

void world_commit(struct world *w)
{
	struct pending *list = calloc(PENDING_MAX, sizeof(*list));
	size_t count = w->pending_count;

	memcpy(list, w->pending, count * sizeof(*list));
	w->pending_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct pending *p = &list[i];
		struct person *who = find(w, p->user);
		enum err e = p->result ? p->result : w->fails;

		plan_settle(p);
		if (e == OK && p->fx_count)
			e = kit_try(&who->kit, p->fx, p->fx_count);
		if (p->kind == PEND_UNLOCK && who &&
		    who->user.state == API_USER_UNLOCKING)
			who->user.state = API_USER_LOCKED;
		if (e == OK && p->kind == PEND_UNLOCK) {
			who->user.state = API_USER_UNLOCKED;
			api_user_state_changed(w->api, p->user);
		}
		api_done(w->api, p->ticket, e);
		api_journal_advanced(w->api, p->user);
	}
	free(list);
}

void world_lock(struct world *w, int who)
{
	w->people[who].user.state = API_USER_LOCKED;
	api_user_state_changed(w->api, w->people[who].user.id);
}

void world_receive(struct world *w, uint32_t n, const char *text)
{
	struct effect e = kit_message_in(n, ++w->seq, text);

	world_save(w, &e);
}

void world_save(struct world *w, const struct effect *e)
{
	kit_save(&w->people[ALICE].kit, e);
	api_journal_advanced(w->api, w->people[ALICE].user.id);
}
