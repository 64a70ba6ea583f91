/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/runtime_world.h"

#include <sodium.h>

#include "core/invite.h"
#include "core/onion.h"

static void give(struct side *s, struct event *ev)
{
	if (s->runtime)
		runtime_step(s->runtime, ev);
}

static void add_link(struct side *s, uint64_t mine, uint64_t theirs)
{
	size_t i;

	for (i = 0; s->links[i].mine; i++)
		assert_true(i + 1 < SIDE_LINKS);
	s->links[i].mine = mine;
	s->links[i].theirs = theirs;
}

/* Takes a link out of the table; the other's number of it, or 0. */
static uint64_t take_link(struct side *s, uint64_t mine)
{
	size_t i;

	for (i = 0; i < SIDE_LINKS; i++)
		if (s->links[i].mine == mine) {
			s->links[i].mine = 0;
			return s->links[i].theirs;
		}
	return 0;
}

static void cut(struct side *s, uint64_t mine)
{
	struct event ev = {.type = EV_LINK_DOWN};
	uint64_t theirs = take_link(s, mine);

	if (theirs == 0)
		return;
	take_link(s->peer, theirs);
	ev.link.id = theirs;
	give(s->peer, &ev);
}

static void on_send(void *ctx, uint64_t link, struct bytes bytes)
{
	struct side *s = ctx;
	struct event ev = {.type = EV_LINK_BYTES};
	size_t i;

	s->send_count++;
	for (i = 0; i < SIDE_LINKS; i++) {
		if (s->links[i].mine != link)
			continue;
		ev.link.id = s->links[i].theirs;
		ev.link.bytes = bytes;
		give(s->peer, &ev);
		return;
	}
}

static void on_hangup(void *ctx, uint64_t link)
{
	cut(ctx, link);
}

static void connect_to(struct side *s, uint64_t link, struct service_id service)
{
	struct event in = {.type = EV_LINK_IN};
	struct event up = {.type = EV_LINK_UP};

	s->peer->last_incoming += 2;
	add_link(s, link, s->peer->last_incoming);
	add_link(s->peer, s->peer->last_incoming, link);
	in.link.id = s->peer->last_incoming;
	in.link.service = service;
	give(s->peer, &in);
	up.link.id = link;
	give(s, &up);
}

static void on_dial(void *ctx, const struct effect *dial)
{
	struct side *s = ctx;
	struct event ev = {.type = EV_DIAL_FAILED};
	size_t i;

	s->dial_count++;
	for (i = 0; s->peer && i < SIDE_SERVICES; i++) {
		if (!s->peer->services[i].is_up ||
		    memcmp(&s->peer->services[i].pk, &dial->dial.onion,
			   sizeof(dial->dial.onion)) != 0)
			continue;
		connect_to(s, dial->dial.link, s->peer->services[i].id);
		return;
	}
	ev.link.id = dial->dial.link;
	ev.link.failure = FAILURE_UNREACHABLE;
	give(s, &ev);
}

static bool is_same(struct service_id a, struct service_id b)
{
	return a.kind == b.kind &&
	       memcmp(&a.owner, &b.owner, sizeof(a.owner)) == 0;
}

static void on_publish(void *ctx, const struct effect *e)
{
	struct side *s = ctx;
	struct event ev = {.type = EV_PUBLISHED};
	size_t i;

	s->publish_count++;
	for (i = 0; s->services[i].is_up; i++)
		assert_true(i + 1 < SIDE_SERVICES);
	s->services[i].is_up = true;
	s->services[i].id = e->publish.service;
	onion_public(&e->publish.onion, &s->services[i].pk);
	ev.service = e->publish.service;
	give(s, &ev);
}

static void on_unpublish(void *ctx, struct service_id service)
{
	struct side *s = ctx;
	size_t i;

	for (i = 0; i < SIDE_SERVICES; i++)
		if (is_same(s->services[i].id, service))
			s->services[i].is_up = false;
}

static void on_pause(void *ctx, uint64_t link, bool paused)
{
	struct side *s = ctx;

	s->pause_count += paused;
	s->paused_link = paused ? link : 0;
}

static void on_stamp(void *ctx, const struct effect *stamp)
{
	struct side *s = ctx;

	(void)stamp;
	s->stamp_count++;
}

static void on_blob(void *ctx, const struct effect *blob)
{
	(void)blob;
	((struct side *)ctx)->blob_count++;
}

static void on_forget_blob(void *ctx, struct uid file_id)
{
	(void)file_id;
	((struct side *)ctx)->forget_blob_count++;
}

static void on_progress(void *ctx, struct uid file_id, uint64_t done_bytes,
			uint64_t bytes_per_s)
{
	(void)file_id;
	(void)done_bytes;
	(void)bytes_per_s;
	((struct side *)ctx)->progress_count++;
}

static void on_forget(void *ctx, struct uid peer)
{
	struct side *s = ctx;

	s->forgotten = peer;
	s->forget_count++;
}

static void on_typing(void *ctx, struct uid contact_id, bool on)
{
	struct side *s = ctx;

	(void)contact_id;
	s->typing_count++;
	s->is_typing = on;
}

static void on_drop_all(void *ctx)
{
	struct side *s = ctx;
	size_t i;

	s->drop_count++;
	if (s->at_drop)
		s->at_drop(s);
	for (i = 0; i < SIDE_SERVICES; i++)
		s->services[i].is_up = false;
	for (i = 0; i < SIDE_LINKS; i++)
		if (s->links[i].mine)
			cut(s, s->links[i].mine);
}

static void on_reply(void *ctx, uint64_t cmd, enum err e)
{
	struct side *s = ctx;

	if (s->at_reply)
		s->at_reply(s);
	assert_true(s->reply_count < SIDE_REPLIES);
	s->replies[s->reply_count] = e;
	s->reply_cmds[s->reply_count++] = cmd;
}

static void on_journal(void *ctx)
{
	((struct side *)ctx)->journal_count++;
}

static void on_presence(void *ctx, struct uid contact_id, bool online)
{
	struct side *s = ctx;

	(void)contact_id;
	s->online_count += online;
	if (online && s->at_online)
		s->at_online(s);
}

static void on_broken(void *ctx, enum err e)
{
	struct side *s = ctx;

	s->broken_count++;
	s->broken_err = e;
}

void side_init(struct side *s, struct loop *loop, struct side *peer)
{
	memset(s, 0, sizeof(*s));
	s->loop = loop;
	s->peer = peer;
	s->limits = limits_default();
	kit_start(&s->kit);
}

void side_start(struct side *s, bool transport_ready)
{
	const struct runtime_ports ports = {.ctx = s,
					    .send = on_send,
					    .hangup = on_hangup,
					    .dial = on_dial,
					    .publish = on_publish,
					    .unpublish = on_unpublish,
					    .pause = on_pause,
					    .stamp = on_stamp,
					    .forget = on_forget,
					    .drop_all = on_drop_all,
					    .reply = on_reply,
					    .journal_advanced = on_journal,
					    .presence = on_presence,
					    .typing = on_typing,
					    .blob = on_blob,
					    .forget_blob = on_forget_blob,
					    .progress = on_progress,
					    .broken = on_broken};
	const struct node_config config = {.name = {"somebody"},
					   .limits = &s->limits};
	struct store *store = s->kit.store;

	s->kit.store = NULL;
	assert_ok(runtime_new(s->loop->base, &ports, store, &config,
			      transport_ready, &s->runtime));
}

void side_stop(struct side *s)
{
	on_drop_all(s);
	runtime_free(s->runtime);
	s->runtime = NULL;
}

void side_clear(struct side *s)
{
	side_stop(s);
	kit_end(&s->kit);
}

void side_transport(struct side *s, bool ready)
{
	struct event ev = {.type = EV_TRANSPORT, .transport_ready = ready};

	give(s, &ev);
}

void side_say(struct side *s, struct uid contact, uint32_t number, size_t n,
	      uint64_t cmd)
{
	struct event ev = {.type = EV_CMD_SEND, .cmd = cmd};
	char *text = xcalloc(1, n);

	memset(text, 'x', n);
	ev.send.contact_id = contact;
	ev.send.message_id = kit_uid('m', number);
	ev.send.client_id = kit_uid('k', number);
	ev.send.text = bytes_of(text, n);
	give(s, &ev);
	free(text);
}

static bool has_replies(void *arg)
{
	const struct side *s = arg;

	return s->reply_count >= s->wanted_count;
}

void side_wait_replies(struct side *s, unsigned count)
{
	s->wanted_count = count;
	loop_until(s->loop, has_replies, s);
}

static void connect_with(struct side *s, const struct invite_row *row)
{
	struct event ev = {.type = EV_CMD_CONNECT, .cmd = 2};
	struct invite inv = {.expiry_min = (uint32_t)(row->expires_ms / 60000),
			     .secret = row->secret};

	onion_public(&row->onion, &inv.onion);
	ev.connect.request_id = kit_uid('r', 1);
	ev.connect.client_id = kit_uid('k', 1);
	invite_pack(&inv, ev.connect.invite);
	give(s, &ev);
}

static bool take_id(void *ctx, const struct contact_row *row)
{
	*(struct uid *)ctx = row->id;
	return false;
}

static struct uid first_contact(struct side *s)
{
	struct uid id = {{0}};

	assert_ok(
	    query_contacts(runtime_store(s->runtime), NULL, 1, take_id, &id));
	return id;
}

static bool is_paired(void *arg)
{
	struct side *s = arg;
	struct uid mine = first_contact(s), theirs = first_contact(s->peer);

	return runtime_is_online(s->runtime, mine) &&
	       runtime_is_online(s->peer->runtime, theirs);
}

struct uid side_pair(struct side *s, struct uid *theirs)
{
	struct event ev = {.type = EV_CMD_INVITE_NEW, .cmd = 1};
	struct invite_row row;

	ev.invite_new.invite_id = kit_uid('i', 1);
	ev.invite_new.lifetime_ms = 3600 * 1000;
	give(s, &ev);
	side_wait_replies(s, s->reply_count + 1);
	assert_ok(s->replies[s->reply_count - 1]);
	assert_ok(query_invite(runtime_store(s->runtime),
			       ev.invite_new.invite_id, &row));
	connect_with(s->peer, &row);
	loop_until(s->loop, is_paired, s);
	*theirs = first_contact(s->peer);
	return first_contact(s);
}

static bool count(void *ctx, const struct message_info *m)
{
	(void)m;
	(*(unsigned *)ctx)++;
	return true;
}

unsigned side_messages(struct store *store, struct uid contact)
{
	struct message_page page = {.kind = PAGE_LATEST, .limit = 100000};
	struct contact_row row;
	unsigned n = 0;

	assert_ok(query_contact(store, contact, &row));
	page.conversation_id = row.conversation_id;
	assert_ok(query_messages(store, &page, count, &n));
	return n;
}

static void copy(const char *from, const char *to)
{
	size_t n;
	uint8_t *p = kit_slurp(from, &n);

	kit_spill(to, p, n);
	free(p);
}

unsigned side_durable_messages(struct side *s, struct uid contact)
{
	struct kit other = s->kit;
	unsigned n;

	snprintf(other.path, sizeof(other.path), "%s/copy.db", s->kit.dir);
	snprintf(other.wal, sizeof(other.wal), "%s-wal", other.path);
	copy(s->kit.path, other.path);
	copy(s->kit.wal, other.wal);
	kit_open(&other);
	n = side_messages(other.store, contact);
	kit_close(&other);
	unlink(other.path);
	unlink(other.wal);
	return n;
}
