/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/chat.h"

#include <string.h>

enum { LINES_MAX = 8 }; /* the newest, which somebody may want to change */

enum err chat_cmd(struct world *w, int host, struct event ev)
{
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, &ev);
	return w->hosts[host].last_reply;
}

static const struct contact_row *need_contact(struct world *w, int host,
					      int other)
{
	const struct contact_row *c = world_contact(w, host, other);

	if (!c)
		world_fail(w, host, "has no such contact");
	return c;
}

const struct message_row *chat_line(struct world *w, int from, int to, size_t i)
{
	const struct contact_row *c = need_contact(w, from, to);
	const struct disk *d = w->hosts[from].disk;
	size_t k;

	for (k = 0; k < d->message_count; k++) {
		const struct message_row *m = &d->messages[k];

		if (m->dir == MESSAGE_OUT && message_kind_is_shown(m->kind) &&
		    uid_is_equal(&m->contact_id, &c->id) && i-- == 0)
			return m;
	}
	world_fail(w, from, "never wrote that line");
	return NULL;
}

/* The row of a message may have forgotten its mid. */
static const struct mid *mid_of(const struct world *w,
				const struct message_row *m)
{
	size_t k;

	for (k = w->composed_count; k-- > 0;)
		if (uid_is_equal(&w->composed[k].id, &m->id))
			return &w->composed[k].mid;
	return &m->mid;
}

const struct message_row *chat_copy(struct world *w, int from, int to, size_t i)
{
	const struct message_row *m = chat_line(w, from, to, i);
	const struct contact_row *c = need_contact(w, to, from);

	return disk_by_mid(w->hosts[to].disk, &c->id, MESSAGE_IN, mid_of(w, m));
}

static bool shows(struct world *w, int host, const struct message_row *m,
		  const char *text)
{
	struct bytes b = bytes_of(NULL, 0);

	if (m && disk_is_shown(m) && !m->deleted)
		b = disk_text(w->hosts[host].disk, m);
	return b.n == strlen(text) && (b.n == 0 || !memcmp(b.p, text, b.n));
}

bool chat_is(struct world *w, int from, int to, size_t i, const char *text)
{
	return shows(w, from, chat_line(w, from, to, i), text) &&
	       shows(w, to, chat_copy(w, from, to, i), text);
}

void chat_say(struct world *w, int from, int to, const char *text)
{
	const struct contact_row *c = need_contact(w, from, to);

	if (chat_cmd(w, from, talk_send(&c->id, &w->rng, text)) != OK)
		world_fail(w, from, "does not send");
}

/* The newest line with that contact; NULL: there is none. */
static const struct message_row *newest(const struct disk *d,
					const struct uid *contact_id)
{
	size_t k;

	for (k = d->message_count; k-- > 0;)
		if (uid_is_equal(&d->messages[k].contact_id, contact_id) &&
		    disk_is_shown(&d->messages[k]))
			return &d->messages[k];
	return NULL;
}

void chat_read_all(struct world *w, int host)
{
	size_t i;

	for (i = 0; i < w->hosts[host].disk->contact_count; i++) {
		const struct disk *d = w->hosts[host].disk;
		const struct message_row *m = newest(d, &d->contacts[i].id);

		if (m)
			(void)!chat_cmd(w, host, talk_read(d, m));
	}
}

void chat_open_up(struct world *w, int host)
{
	struct event ev = {.type = EV_CMD_SELF_SET, .cmd = 1};

	ev.self_set.fields = SELF_RECEIPTS | SELF_TYPING;
	ev.self_set.receipts = ev.self_set.typing = true;
	if (chat_cmd(w, host, ev) != OK)
		world_fail(w, host, "is not open");
}

/* One of the newest lines of host, with anybody. */
static const struct message_row *pick(struct world *w, int host)
{
	const struct disk *d = w->hosts[host].disk;
	const struct message_row *lines[LINES_MAX];
	size_t k, n = 0;

	for (k = d->message_count; k-- > 0 && n < LINES_MAX;)
		if (disk_is_shown(&d->messages[k]))
			lines[n++] = &d->messages[k];
	return n ? lines[world_random(w, n)] : NULL;
}

static void send_by(struct world *w, int host, const struct uid *contact_id)
{
	struct event ev = talk_send(contact_id, &w->rng, "by then");

	ev.send.deadline_ms =
	    host_wall_ms(w, host) + 1 + world_random(w, 120 * 1000);
	(void)!chat_cmd(w, host, ev);
}

static void set_timer(struct world *w, int host, const struct uid *contact_id)
{
	uint32_t ttl_s = (uint32_t)world_random(w, 600);

	(void)!chat_cmd(
	    w, host,
	    talk_timer(contact_id, &w->rng, ttl_s < TTL_MIN_S ? 0 : ttl_s));
}

static void change(struct world *w, int host, const struct message_row *m)
{
	static const char *const texts[] = {"better", "much better", "best"};
	static const char *const emoji[] = {"", "+", "-"};
	struct event ev = {0};

	switch (world_random(w, 10)) {
	case 0:
	case 1:
	case 2: ev = talk_edit(m, texts[world_random(w, 3)]); break;
	case 3: ev = talk_delete(m, DELETE_FOR_ALL); break;
	case 4: ev = talk_delete(m, DELETE_FOR_ME); break;
	case 5:
	case 6: ev = talk_delete(m, DELETE_CANCEL); break;
	default: ev = talk_react(m, emoji[world_random(w, 3)]); break;
	}
	(void)!chat_cmd(w, host, ev);
}

void chat_random(struct world *w)
{
	int host = (int)world_random(w, (uint64_t)w->host_count);
	const struct message_row *m = pick(w, host);
	const struct disk *d = w->hosts[host].disk;

	if (!m || !w->hosts[host].node)
		return;
	switch (world_random(w, 12)) {
	case 0: send_by(w, host, &m->contact_id); break;
	case 1: set_timer(w, host, &m->contact_id); break;
	case 2:
	case 3: (void)!chat_cmd(w, host, talk_read(d, m)); break;
	case 4:
		(void)!chat_cmd(
		    w, host,
		    talk_typing(&m->contact_id, world_chance(w, 5000)));
		break;
	default: change(w, host, m); break;
	}
}

/* --- whether both sides see the same --- */

/* One line of from's that the other has a copy of, or has not. */
struct pair_of_rows {
	int from, to;
	const struct message_row *line, *copy;
	const struct seen *line_seen, *copy_seen;
};

static bool is_gone(const struct message_row *m)
{
	return !m || m->deleted || !disk_is_shown(m);
}

static void check_text(struct world *w, const struct pair_of_rows *p)
{
	struct bytes a = disk_text(w->hosts[p->from].disk, p->line);
	struct bytes b = disk_text(w->hosts[p->to].disk, p->copy);

	if (a.n != b.n || (a.n && memcmp(a.p, b.p, a.n) != 0))
		world_fail(w, p->to, "shows another text than its writer");
}

static void check_reactions(struct world *w, const struct pair_of_rows *p)
{
	const struct emoji *a = p->line_seen->emoji, *b = p->copy_seen->emoji;

	if (strcmp(a[MESSAGE_OUT].s, b[MESSAGE_IN].s) != 0 ||
	    strcmp(a[MESSAGE_IN].s, b[MESSAGE_OUT].s) != 0)
		world_fail(w, p->to, "shows other reactions");
}

static void check_read(struct world *w, const struct pair_of_rows *p)
{
	const struct disk *d = w->hosts[p->to].disk;
	bool told = d->self.receipts, is_read = disk_is_read(d, p->copy);

	if (p->line->state == MESSAGE_READ && !is_read)
		world_fail(w, p->from, "thinks that it was read");
	if (p->line->state == MESSAGE_READ && !told)
		world_fail(w, p->from, "knows that it was read");
	if (p->line->state != MESSAGE_READ && told && is_read)
		world_fail(w, p->from, "was not told that it was read");
}

static void check_pair(struct world *w, const struct pair_of_rows *p)
{
	/* What its writer erased for himself, or what expired. */
	if (!disk_is_shown(p->line))
		return;
	if (p->line->withdrawn) {
		if (!is_gone(p->copy))
			world_fail(w, p->to, "shows what was taken back");
		return;
	}
	if (!p->copy || p->copy->deleted)
		world_fail(w, p->to, "does not show a message");
	/* There its reader may have erased it, or it expired. */
	if (!disk_is_shown(p->copy))
		return;
	check_text(w, p);
	check_reactions(w, p);
	check_read(w, p);
}

static void check_expired(struct world *w, int host,
			  const struct message_row *m)
{
	uint64_t at_ms = disk_seen(w->hosts[host].disk, m)->expires_ms;

	if (at_ms && at_ms + 60 * 1000 < host_wall_ms(w, host))
		world_fail(w, host, "a message outlived its time");
	if (m->deadline_ms && m->state < MESSAGE_DELIVERED &&
	    m->deadline_ms + 60 * 1000 < host_wall_ms(w, host))
		world_fail(w, host, "a message outlived its deadline");
}

static void check_lines(struct world *w, int from, int to,
			const struct contact_row *c)
{
	const struct contact_row *peer = world_peer(w, c, to);
	struct pair_of_rows p = {.from = from, .to = to};
	const struct disk *d = w->hosts[from].disk;
	size_t k;

	for (k = 0; peer && k < d->message_count; k++) {
		p.line = &d->messages[k];
		if (!uid_is_equal(&p.line->contact_id, &c->id))
			continue;
		check_expired(w, from, p.line);
		if (p.line->dir != MESSAGE_OUT ||
		    !message_kind_is_shown(p.line->kind))
			continue;
		p.copy = disk_by_mid(w->hosts[to].disk, &peer->id, MESSAGE_IN,
				     mid_of(w, p.line));
		p.line_seen = disk_seen(d, p.line);
		if (p.copy)
			p.copy_seen = disk_seen(w->hosts[to].disk, p.copy);
		check_pair(w, &p);
	}
}

void check_views(struct world *w)
{
	size_t k;
	int i, other;

	for (i = 0; i < w->host_count; i++) {
		const struct disk *d = w->hosts[i].disk;

		if (w->hosts[i].typing)
			world_fail(w, i, "somebody is still typing");
		for (k = 0; k < d->contact_count; k++)
			for (other = 0; other < w->host_count; other++)
				if (other != i)
					check_lines(w, i, other,
						    &d->contacts[k]);
	}
}
