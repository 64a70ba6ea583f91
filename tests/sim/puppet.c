/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/puppet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/invite.h"
#include "core/message.h"
#include "core/onion.h"
#include "tests/sim/disk_changes.h"
#include "tests/sim/disk_files.h"
#include "util/mem.h"

static struct puppet *puppet_new(struct rig *r, enum puppet_kind kind,
				 uint64_t link, bool dialled)
{
	struct puppet *p = xcalloc(1, sizeof(*p));

	assert(r->puppet_count < PUPPETS_MAX);
	p->link = link;
	p->kind = kind;
	p->dialled = dialled;
	buf_init(&p->in, 1 << 24);
	record_begin(&p->builder);
	r->puppets[r->puppet_count++] = p;
	return p;
}

static struct puppet *find(struct rig *r, uint64_t link)
{
	size_t i;

	for (i = r->puppet_count; i-- > 0;)
		if (r->puppets[i]->link == link && !r->puppets[i]->is_ended)
			return r->puppets[i];
	return NULL;
}

static void keep_frame(struct puppet *p, const struct frame *f)
{
	struct puppet_frame *k = &p->frames[p->frame_count % FRAMES_MAX];

	free((void *)(uintptr_t)k->body.p);
	k->type = f->type;
	k->body = bytes_of(xmemdup(f->body.p, f->body.n), f->body.n);
	p->frame_count++;
}

/* Takes whole records off p->in; what the node sends always opens. */
static void take_records(struct puppet *p)
{
	uint8_t plain[RECORD_PLAIN_MAX];
	struct record_reader rd;
	struct frame f;
	size_t size, n;
	enum err err;

	while (p->in.len >= RECORD_HEAD_BYTES) {
		err = record_size(p->in.data, &size);
		assert(err == OK);
		if (p->in.len < size)
			return;
		err = record_open(&p->channel, bytes_of(p->in.data, size),
				  plain, &n);
		assert(err == OK);
		err = record_reader_init(&rd, bytes_of(plain, n));
		assert(err == OK);
		while (record_next(&rd, &f))
			keep_frame(p, &f);
		buf_drop(&p->in, size);
	}
}

static void on_send(struct rig *r, const struct effect *e)
{
	struct puppet *p = find(r, e->send.link);
	enum err err;

	/* Never on a link that it was told, or told us, is gone. */
	assert(p && (!p->dialled || p->up));
	p->got_bytes += e->send.bytes.n;
	err = buf_put(&p->in, e->send.bytes.p, e->send.bytes.n);
	assert(err == OK);
	if (p->is_open)
		take_records(p);
}

static void on_dial(struct rig *r, const struct effect *e)
{
	struct puppet *p;

	r->dials++;
	assert(!find(r, e->dial.link));
	/* A rig that has seen too much answers no more dials. */
	if (r->puppet_count >= PUPPETS_MAX)
		return;
	p = puppet_new(r, puppet_who(r, e), e->dial.link, true);
	p->is_door = !e->dial.has_auth;
}

static void on_service(struct rig *r, const struct service_id *s, bool up)
{
	if (uid_is_equal(&s->owner, &r->contact.id))
		r->cell_up = up;
	else if (uid_is_equal(&s->owner, &r->invite.id))
		r->invite_up = up;
}

static void keep_blob(struct rig *r, const struct effect *e)
{
	struct effect *own = &r->blobs[r->blob_count++];

	assert(r->blob_count <= RIG_BLOBS_MAX);
	*own = *e;
	own->blob.bytes = seen_keep(e->blob.bytes);
}

void rig_drop_blobs(struct rig *r)
{
	while (r->blob_count > 0)
		seen_drop(&r->blobs[--r->blob_count].blob.bytes);
}

static void on_hangup(struct rig *r, const struct effect *e)
{
	struct puppet *p = find(r, e->hangup);

	if (p)
		p->is_ended = true;
	r->hangups++;
}

static void on_pause(struct rig *r, const struct effect *e)
{
	struct puppet *p = find(r, e->pause);

	assert(p && p->is_paused == (e->type == FX_RESUME));
	p->is_paused = e->type == FX_PAUSE;
}

static void on_typing(struct rig *r, bool on)
{
	r->typing = on;
	r->typings++;
}

static void carry_out(struct rig *r, const struct effect *e)
{
	switch (e->type) {
	case FX_SEND: on_send(r, e); break;
	case FX_DIAL: on_dial(r, e); break;
	case FX_HANGUP: on_hangup(r, e); break;
	case FX_PUBLISH:
		r->publishes++;
		on_service(r, &e->publish.service, true);
		break;
	case FX_UNPUBLISH:
		r->unpublishes++;
		on_service(r, &e->unpublish, false);
		break;
	case FX_PAUSE:
	case FX_RESUME: on_pause(r, e); break;
	case FX_DUE:
		assert(!r->due);
		r->due = true;
		break;
	case FX_TYPING: on_typing(r, e->typing.on); break;
	case FX_STAMP:
		r->stamping = true;
		r->stamp = *e;
		break;
	case FX_FETCH:
		assert(!r->fetching && e->fetch.max_count <= WINDOW);
		r->fetching = true;
		r->fetch = *e;
		break;
	case FX_BLOB: keep_blob(r, e); break;
	case FX_PROGRESS:
	case FX_NEW_CIRCUITS:
	case FX_SELF_TEST:
	case FX_REACH: break;
	case FX_REPLY: r->reply = e->reply.err; break;
	case FX_PRESENCE: r->online = e->presence.online; break;
	case FX_SAVE_CONTACT:
	case FX_DELETE_CONTACT:
	case FX_SAVE_COUNTERS:
	case FX_SAVE_INVITE:
	case FX_DELETE_INVITE:
	case FX_SAVE_REQUEST:
	case FX_DELETE_REQUEST:
	case FX_SAVE_MESSAGE:
	case FX_SAVE_STATE:
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_SWEEP:
	case FX_SAVE_CONVERSATION:
	case FX_SAVE_SELF:
	case FX_SAVE_FILE:
	case FX_DELETE_FILE: break;
	}
}

uint64_t rig_wall_ms(const struct rig *r)
{
	return 1000000000 + r->skew_ms + r->now_ms;
}

void rig_event(struct rig *r, struct event *ev)
{
	uint8_t entropy[32];
	struct effects fx;
	size_t i;

	rng_bytes(&r->rng, entropy, sizeof(entropy));
	ev->wall_ms = rig_wall_ms(r);
	r->disk->changes.wall_ms = ev->wall_ms;
	effects_init(&fx);
	node_step(r->node, ev, r->now_ms, entropy, &fx);
	assert(node_deadline(r->node) > r->now_ms);
	for (i = 0; i < fx.count; i++) {
		r->count[fx.list[i].type]++;
		if (!effect_is_save(&fx.list[i]))
			continue;
		disk_apply(r->disk, &fx.list[i]);
		r->saves++;
	}
	assert(disk_equals(r->disk, r->node));
	for (i = 0; i < fx.count; i++)
		carry_out(r, &fx.list[i]);
	effects_clear(&fx);
}

void rig_tick(struct rig *r, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;
	struct event ev = {.type = EV_TICK};

	while (node_deadline(r->node) <= end_ms) {
		r->now_ms = node_deadline(r->node);
		rig_event(r, &ev);
	}
	r->now_ms = end_ms;
}

void rig_transport(struct rig *r, bool ready)
{
	struct event ev = {.type = EV_TRANSPORT, .transport_ready = ready};

	rig_event(r, &ev);
}

struct rig *rig_new(uint64_t seed)
{
	struct limits limits = limits_default();

	limits.streams_per_hour = 1000 * 1000;
	return rig_new_limited(seed, &limits);
}

struct rig *rig_new_limited(uint64_t seed, const struct limits *limits)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	struct node_config config = {.name = {"rig"}, .limits = limits};
	struct event ev = {.type = EV_START};
	struct effect e = {.type = FX_SAVE_CONTACT};
	uint8_t entropy[32] = {0};

	memcpy(entropy, &seed, sizeof(seed));
	rng_init(&r->rng, entropy);
	r->limits = *limits;
	r->now_ms = 1000;
	r->next_link = 2;
	rig_fill(r);
	r->disk = disk_new();
	e.contact = r->contact;
	disk_apply(r->disk, &e);
	e.type = FX_SAVE_INVITE;
	e.invite = r->invite;
	disk_apply(r->disk, &e);
	e.type = FX_SAVE_REQUEST;
	e.request = r->request;
	disk_apply(r->disk, &e);
	r->node = node_new(&config);
	disk_load(r->disk, r->node);
	rig_event(r, &ev);
	r->saves = 0;
	return r;
}

void rig_reload(struct rig *r)
{
	struct node_config config = {
	    .name = {"rig"}, .limits = &r->limits, .self_test = r->self_test};
	struct event ev = {.type = EV_START};
	size_t i;

	for (i = 0; i < r->puppet_count; i++)
		r->puppets[i]->is_ended = true;
	r->fetching = r->stamping = false;
	rig_drop_blobs(r);
	disk_blobs_crash(r->disk);
	r->due = false;
	r->cell_up = r->invite_up = false;
	node_free(r->node);
	r->node = node_new(&config);
	disk_load(r->disk, r->node);
	rig_event(r, &ev);
}

static void puppet_free(struct puppet *p)
{
	size_t i;

	for (i = 0; i < FRAMES_MAX; i++)
		free((void *)(uintptr_t)p->frames[i].body.p);
	buf_clear(&p->in);
	free(p);
}

void rig_drop_ended(struct rig *r)
{
	size_t i, kept = 0;

	for (i = 0; i < r->puppet_count; i++) {
		if (r->puppets[i]->is_ended)
			puppet_free(r->puppets[i]);
		else
			r->puppets[kept++] = r->puppets[i];
	}
	r->puppet_count = kept;
}

void rig_free(struct rig *r)
{
	size_t i;

	for (i = 0; i < r->puppet_count; i++)
		puppet_free(r->puppets[i]);
	rig_drop_blobs(r);
	node_free(r->node);
	disk_free(r->disk);
	free(r);
}

void rig_set_limits(struct rig *r, const struct limits *limits)
{
	r->limits = *limits;
	node_set_limits(r->node, limits);
}

void rig_answer_fetch(struct rig *r)
{
	const struct effect *e = &r->fetch;
	struct event ev = {.type = EV_FETCHED};
	struct message_row *rows;
	size_t i, n = 0;

	if (!r->fetching)
		return;
	r->fetching = false;
	rows = xcalloc(e->fetch.max_count, sizeof(*rows));
	for (i = 0; i < r->disk->message_count && n < e->fetch.max_count; i++)
		if (r->disk->messages[i].dir == MESSAGE_OUT &&
		    r->disk->messages[i].seq == e->fetch.from_seq + n)
			rows[n++] = r->disk->messages[i];
	ev.fetched.contact_id = e->fetch.contact_id;
	ev.fetched.rows = rows;
	ev.fetched.count = n;
	rig_event(r, &ev);
	free(rows);
}

void rig_answer_due(struct rig *r)
{
	struct event ev = {.type = EV_DUE};
	struct due_row rows[DUE_MAX];

	if (!r->due)
		return;
	r->due = false;
	ev.due.count = disk_due(r->disk, rig_wall_ms(r), rows, &ev.due.next_ms);
	ev.due.rows = rows;
	ev.due.sweep = changes_has_work(&r->disk->changes);
	rig_event(r, &ev);
}

enum err rig_say(struct rig *r, const char *text)
{
	struct event ev = {.type = EV_CMD_SEND};

	ev.send.contact_id = r->contact.id;
	rng_bytes(&r->rng, ev.send.message_id.b, 16);
	ev.send.text = bytes_of(text, strlen(text));
	r->reply = ERR_IO;
	rig_event(r, &ev);
	return r->reply;
}

const struct counters *rig_counters(struct rig *r)
{
	return &disk_contact(r->disk, &r->contact.id)->n;
}

void rig_only_contact(struct rig *r)
{
	struct event ev = {.type = EV_CMD_REQUEST_DELETE};

	ev.target = r->request.id;
	rig_event(r, &ev);
}

struct puppet *puppet_arrive(struct rig *r, enum puppet_kind kind)
{
	struct puppet *p = puppet_new(r, kind, r->next_link, false);
	struct event ev = {.type = EV_LINK_IN};

	r->next_link += 2;
	ev.link.id = p->link;
	ev.link.service = puppet_service(r, kind);
	rig_event(r, &ev);
	return p;
}

struct puppet *puppet_dialled(struct rig *r, enum puppet_kind kind)
{
	size_t i;

	for (i = r->puppet_count; i-- > 0;) {
		struct puppet *p = r->puppets[i];

		if (p->kind == kind && p->dialled && !p->up && !p->is_ended)
			return p;
	}
	return NULL;
}

static void open_as_initiator(struct rig *r, struct puppet *p,
			      const struct puppet_keys *k,
			      const struct secret *e)
{
	struct handshake_offer offer = {.versions_count = 1,
					.versions = {PROTOCOL_VERSION}};
	struct handshake_answer answer;
	uint8_t msg[HANDSHAKE_BYTES];

	if (handshake_start(&p->hs, &k->who, &offer, e, msg) != OK)
		return;
	puppet_bytes(r, p, bytes_of(msg, sizeof(msg)));
	if (p->is_ended || p->in.len < sizeof(msg) ||
	    handshake_finish(&p->hs, p->in.data, &answer, &p->channel) != OK)
		return;
	buf_drop(&p->in, sizeof(msg));
	p->difficulty = answer.difficulty;
	p->is_open = true;
}

static void open_as_responder(struct rig *r, struct puppet *p,
			      const struct puppet_keys *k,
			      const struct secret *e)
{
	struct handshake_answer answer = {.version = PROTOCOL_VERSION,
					  .difficulty = r->door_difficulty};
	struct event ev = {.type = EV_LINK_UP};
	uint8_t msg[HANDSHAKE_BYTES];

	p->up = true;
	ev.link.id = p->link;
	rig_event(r, &ev);
	if (p->is_ended || p->in.len < sizeof(msg) ||
	    handshake_accept(&p->hs, &k->who, NULL, p->in.data) != OK)
		return;
	buf_drop(&p->in, sizeof(msg));
	if (handshake_answer(&p->hs, &answer, e, msg, &p->channel) != OK)
		return;
	p->is_open = true;
	puppet_bytes(r, p, bytes_of(msg, sizeof(msg)));
}

void puppet_open(struct rig *r, struct puppet *p)
{
	struct puppet_keys k;
	struct secret e;

	puppet_keys(r, p, &k);
	rng_bytes(&r->rng, e.b, sizeof(e.b));
	if (p->dialled)
		open_as_responder(r, p, &k, &e);
	else
		open_as_initiator(r, p, &k, &e);
}

void puppet_down(struct rig *r, struct puppet *p)
{
	struct event ev = {.type = EV_LINK_DOWN};

	if (p->is_ended)
		return;
	p->is_ended = true;
	ev.link.id = p->link;
	rig_event(r, &ev);
}

void puppet_bytes(struct rig *r, struct puppet *p, struct bytes b)
{
	struct event ev = {.type = EV_LINK_BYTES};

	if (p->is_ended)
		return;
	ev.link.id = p->link;
	ev.link.bytes = b;
	rig_event(r, &ev);
}

void puppet_flush(struct rig *r, struct puppet *p)
{
	uint8_t wire[RECORD_WIRE_MAX];
	size_t n = record_seal(&p->builder, &p->channel, wire);

	puppet_bytes(r, p, bytes_of(wire, n));
}
