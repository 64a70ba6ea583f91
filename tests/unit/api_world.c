/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "api_kit.h"
#include "api_world.h"
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

struct person *world_find(struct world *w, struct uid id)
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
	struct person *p = world_find(ctx, id);

	if (p)
		*out = p->user;
	return p != NULL;
}

static struct store *on_store(void *ctx, struct uid id)
{
	struct person *p = world_find(ctx, id);

	return p && p->user.state == API_USER_UNLOCKED ? p->kit.store : NULL;
}

struct pending *world_add(struct world *w, uint64_t ticket, struct uid user)
{
	struct pending *p = &w->pending[w->pending_count++];

	assert_true(w->pending_count <= PENDING_MAX);
	memset(p, 0, sizeof(*p));
	p->ticket = ticket;
	p->user = user;
	p->kind = PEND_OTHER;
	return p;
}

void world_settle(struct world *w)
{
	if (!w->is_manual)
		world_commit(w);
}

static void on_create(void *ctx, uint64_t ticket, struct uid id,
		      const struct label *name, struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = world_add(w, ticket, id);

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
		one->user =
		    (struct api_user){.id = id,
				      .name = *name,
				      .state = API_USER_UNLOCKED,
				      .created_ms = w->wall_ms,
				      .auto_lock_minutes = KEYFILE_AS_SET};
		break;
	}
	world_settle(w);
}

static void on_unlock(void *ctx, uint64_t ticket, struct uid id,
		      struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = world_add(w, ticket, id);

	p->kind = PEND_UNLOCK;
	p->result = ERR_AUTH;
	if (world_find(w, id) &&
	    bytes_equal(passphrase, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = OK;
	if (world_find(w, id) &&
	    world_find(w, id)->user.state == API_USER_LOCKED)
		world_find(w, id)->user.state = API_USER_UNLOCKING;
	world_settle(w);
}

static void on_passphrase(void *ctx, uint64_t ticket, struct uid id,
			  struct bytes old, struct bytes fresh)
{
	struct world *w = ctx;
	struct pending *p = world_add(w, ticket, id);

	assert_true(fresh.n >= 8);
	if (!bytes_equal(old, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = ERR_AUTH;
	world_settle(w);
}

static void on_lock(void *ctx, uint64_t ticket, struct uid id)
{
	struct world *w = ctx;

	world_find(w, id)->user.state = API_USER_LOCKED;
	for (size_t i = 0; i < w->pending_count; i++)
		if (w->pending[i].kind == PEND_UNLOCK &&
		    memcmp(&w->pending[i].user, &id, sizeof(id)) == 0)
			w->pending[i].result = ERR_STATE;
	api_user_state_changed(w->api, id);
	world_add(w, ticket, id);
	world_settle(w);
}

static void on_destroy(void *ctx, uint64_t ticket, struct uid id,
		       struct bytes passphrase)
{
	struct world *w = ctx;
	struct pending *p = world_add(w, ticket, id);
	struct person *who = world_find(w, id);

	if (!bytes_equal(passphrase, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = ERR_AUTH;
	else
		p->result = w->fails;
	if (p->result == OK) {
		who->is_there = false;
		api_user_state_changed(w->api, id);
		kit_end(&who->kit);
	}
	world_settle(w);
}

/* What an export says is not looked at here. */
static void on_export(void *ctx, uint64_t ticket, const struct api_export *what)
{
	struct world *w = ctx;

	struct pending *p = world_add(w, ticket, what->user);

	w->exported = *what;
	p->result = w->fails;
	snprintf(p->text, sizeof(p->text), "%s", what->path);
	if (w->fails == OK)
		kit_spill(what->path, EXPORTED, strlen(EXPORTED));
	world_settle(w);
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
	world_add(w, ticket, what->id)->result = w->fails;
	world_settle(w);
}

static void on_cancel(void *ctx, uint64_t ticket)
{
	struct world *w = ctx;

	for (size_t i = 0; i < w->pending_count; i++)
		if (w->pending[i].ticket == ticket) {
			w->pending[i].result = ERR_CLOSED;
			unlink(w->pending[i].text); /* of an import: none */
		}
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
	plan_command(w, world_add(w, ev->cmd, user), &world_find(w, user)->kit,
		     ev);
	world_settle(w);
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
	*out = (struct api_services){
	    .count = 3,
	    .published_count = 2,
	    .door_is_published = w->door_is_published,
	    .has_probes = true,
	};
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

static void copy_text(char *out, size_t cap, struct bytes b)
{
	assert_true(b.n < cap);
	if (b.n)
		memcpy(out, b.p, b.n);
	out[b.n] = '\0';
}

static bool on_deliver(void *ctx, const struct parcel *p)
{
	struct world *w = ctx;
	struct sent *s = &w->sent[w->sent_count];
	struct buf frame;

	if (w->is_refusing)
		return false;
	assert_true(w->sent_count++ < SENT_MAX);
	*s = (struct sent){.type = p->type, .id = p->id, .hook = p->hook};
	copy_text(s->url, sizeof(s->url), p->url);
	copy_text(s->message_id, sizeof(s->message_id), p->message_id);
	copy_text(s->timestamp, sizeof(s->timestamp), p->timestamp);
	copy_text(s->signature, sizeof(s->signature), p->signature);
	s->body = calloc(1, p->body.n + 1);
	copy_text(s->body, p->body.n + 1, p->body);
	/* The channel takes it. */
	buf_init(&frame, PARCEL_FRAME_MAX);
	assert_ok(parcel_put(&frame, p));
	buf_clear(&frame);
	return true;
}

static void on_need_poster(void *ctx)
{
	((struct world *)ctx)->poster_count++;
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
	const struct hook_ports hooks = {.ctx = w,
					 .deliver = on_deliver,
					 .need_poster = on_need_poster,
					 .hooks = w->hooks,
					 .hook_count = w->hook_count};

	mine.ctx = w;
	world_admin_ports(&mine);
	w->api = api_new(&mine, &config);
	api_set_hooks(w->api, &hooks);
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
	p->user.auto_lock_minutes = KEYFILE_AS_SET;
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
	w->settings.log_level = LOG_LEVEL_INFO;
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

void world_start_hooks(struct world *w, const struct api_hook *hooks,
		       size_t count)
{
	world_start(w);
	w->hooks = hooks;
	w->hook_count = count;
	world_restart(w);
	api_courier(w->api, PARCEL_RUN, true);
	api_courier(w->api, PARCEL_POST, true);
	api_user_state_changed(w->api, w->people[ALICE].user.id);
	api_user_state_changed(w->api, w->people[CAROL].user.id);
}

void world_end(struct world *w)
{
	api_free(w->api);
	buf_clear(&w->tokens);
	while (w->sent_count > 0)
		free(w->sent[--w->sent_count].body);
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
		struct person *who = world_find(w, p->user);
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

void world_unlock(struct world *w, int who)
{
	w->people[who].user.state = API_USER_UNLOCKED;
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
