/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/rekey_model.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/rekey.h"
#include "util/mem.h"

/* --- the pool of keys and random numbers; 0 is 32 zero bytes --- */

struct value {
	uint8_t b[32];
};

static struct value *pool;
static uint32_t *table; /* places in pool, by their bytes; 0: none */
static uint32_t pool_count, pool_cap, table_cap;

void model_pool_clear(void)
{
	free(pool);
	free(table);
	pool = NULL;
	table = NULL;
	pool_count = pool_cap = table_cap = 0;
}

static uint32_t *slot_of(const uint8_t b[32])
{
	uint32_t i;

	memcpy(&i, b, sizeof(i));
	for (;; i++) {
		uint32_t *slot = &table[i & (table_cap - 1)];

		if (*slot == 0 || memcmp(pool[*slot].b, b, 32) == 0)
			return slot;
	}
}

static void pool_grow(void)
{
	uint32_t i;

	pool_cap = pool_cap ? 2 * pool_cap : 1024;
	pool = xrealloc(pool, pool_cap * sizeof(*pool));
	if (pool_count == 0)
		memset(&pool[pool_count++], 0, sizeof(*pool));
	free(table);
	table_cap = 2 * pool_cap;
	table = xcalloc(table_cap, sizeof(*table));
	for (i = 1; i < pool_count; i++)
		*slot_of(pool[i].b) = i;
}

static uint32_t name_of(const uint8_t b[32])
{
	uint32_t *slot;

	if (sodium_is_zero(b, 32))
		return 0;
	if (pool_count == pool_cap)
		pool_grow();
	slot = slot_of(b);
	if (*slot == 0) {
		memcpy(pool[pool_count].b, b, 32);
		*slot = pool_count++;
	}
	return *slot;
}

static void value_of(uint32_t name, uint8_t out[32])
{
	memcpy(out, pool[name].b, 32);
}

static void draw(struct model_run *run, uint8_t out[32])
{
	uint64_t seed[2] = {run->draws++, 0x72656b6579};

	crypto_generichash(out, 32, (uint8_t *)seed, sizeof(seed), NULL, 0);
}

/* --- rows --- */

static void load(const struct model_row *m, struct contact_row *row)
{
	value_of(m->psk, row->psk.b);
	value_of(m->other, row->rekey.other.b);
	value_of(m->my_r, row->rekey.my_r.b);
	value_of(m->peer_r, row->rekey.peer_r.b);
	row->rekey.state = (enum rekey_state)m->state;
	row->epoch = m->epoch;
}

static void save(const struct contact_row *row, struct model_row *m)
{
	m->psk = name_of(row->psk.b);
	m->other = name_of(row->rekey.other.b);
	m->my_r = name_of(row->rekey.my_r.b);
	m->peer_r = name_of(row->rekey.peer_r.b);
	m->state = (uint8_t)row->rekey.state;
	m->epoch = (uint16_t)row->epoch;
}

/* The names of the keys that let a peer in. */
static size_t accepted(const struct model_row *m, uint32_t out[2])
{
	static struct contact_row row;
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t i, n;

	load(m, &row);
	n = rekey_keys(&row, keys);
	for (i = 0; i < n; i++)
		out[i] = name_of(keys[i].psk->b);
	return n;
}

static bool is_let_in(const struct model_row *m, uint32_t key)
{
	uint32_t keys[2];
	size_t i, n = accepted(m, keys);

	for (i = 0; i < n; i++)
		if (keys[i] == key)
			return true;
	return false;
}

/* --- one step of one end --- */

/* What an end works with until it has saved. */
struct work {
	struct model *m;
	struct model_run *run;
	struct model_link *l;
	int me;
	struct contact_row row;
	bool saves;
	struct model_item out[2];
	int out_count;
};

static void fail(struct model_run *run, const char *fault)
{
	if (!run->fault)
		run->fault = fault;
}

static void put_out(struct work *k, enum model_kind kind, uint64_t n,
		    const uint8_t *value)
{
	struct model_item *i = &k->out[k->out_count++];

	i->kind = (uint8_t)kind;
	i->n = (uint16_t)n;
	i->value = value ? name_of(value) : 0;
}

static void follow(struct work *k, const struct rekey_todo *todo)
{
	static const enum model_kind kinds[] = {KIND_PROP, KIND_ACK,
						KIND_COMMIT, KIND_DONE};

	k->saves |= todo->save;
	if (todo->forked)
		fail(k->run, "a fork that never was");
	if (todo->has_say)
		put_out(k, kinds[todo->say.type - FRAME_REKEY_PROP],
			todo->say.n, todo->say.r.b);
}

/* What this end would not do if it kept the rules. */
static void mutate(struct work *k, enum mutation mutation, uint64_t epoch)
{
	struct rekey_todo todo;

	if (k->run->mutation != mutation)
		return;
	rekey_opened_by(&k->row, epoch, &todo);
	k->saves |= todo.save;
}

static void on_frame(struct work *k, const struct model_item *i)
{
	struct rekey_frame f = {.n = i->n};
	struct rekey_todo todo;
	struct nonce32 r;

	f.type = (enum frame_type)(FRAME_REKEY_PROP + i->kind - KIND_PROP);
	value_of(i->value, f.r.b);
	draw(k->run, r.b);
	if (i->kind == KIND_PROP && i->n == k->row.epoch &&
	    k->run->mutation == FOLLOWER_ANSWERS_ANEW)
		k->row.rekey.state = REKEY_IDLE;
	if (rekey_on_frame(&k->row, k->me == LEADER, &f, &r, &todo) != OK)
		fail(k->run, "an honest frame that is a breach");
	follow(k, &todo);
	if (i->kind == KIND_PROP)
		mutate(k, FOLLOWER_DROPS_BEFORE_COMMIT, k->row.epoch + 1);
	if (i->kind == KIND_ACK)
		mutate(k, LEADER_DROPS_BEFORE_DONE, k->row.epoch);
}

/* As in a link that is muted or hung up: nothing leaves it any more. */
static void go(struct model_link *l, int end)
{
	l->end[end].phase = PHASE_GONE;
	l->count[end] = 0;
	l->is_cut = true;
	if (l->end[1 - end].phase == PHASE_GONE)
		memset(l, 0, sizeof(*l));
}

static void on_msg1(struct work *k, const struct model_item *i)
{
	struct model_end *e = &k->l->end[k->me];
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t j, n = rekey_keys(&k->row, keys);

	for (j = 0; j < n; j++) {
		if (name_of(keys[j].psk->b) != i->value)
			continue;
		e->epoch = (uint16_t)keys[j].epoch;
		e->phase = PHASE_PROVING;
		put_out(k, KIND_MSG2, 0, NULL);
		return;
	}
	if (!e->is_late)
		fail(k->run, "a false alarm");
	go(k->l, k->me);
}

static void on_msg2(struct work *k)
{
	struct model_end *e = &k->l->end[k->me];

	if (!rekey_accepts(&k->row, e->epoch)) {
		go(k->l, k->me);
		return;
	}
	e->phase = PHASE_OPEN;
	put_out(k, KIND_HELLO, 0, NULL);
	mutate(k, LEADER_TRUSTS_MESSAGE_2, e->epoch);
}

static void on_hello(struct work *k)
{
	struct model_end *e = &k->l->end[k->me];
	struct rekey_todo todo;

	if (e->phase == PHASE_PROVING) {
		if (!rekey_accepts(&k->row, e->epoch)) {
			go(k->l, k->me);
			return;
		}
		e->phase = PHASE_OPEN;
		put_out(k, KIND_HELLO, 0, NULL);
	}
	e->hello_got = true;
	rekey_opened_by(&k->row, e->epoch, &todo);
	follow(k, &todo);
	rekey_again(&k->row, &todo);
	follow(k, &todo);
}

static void crash(struct model *m, int end)
{
	int i;

	for (i = 0; i < MODEL_LINKS; i++)
		if (model_is_there(&m->link[i].end[end]))
			go(&m->link[i], end);
}

/* Openings that are under way to an end that dropped a key may be late. */
static void note_dropped(struct model *m, int me, const uint32_t *before,
			 size_t count)
{
	bool dropped = false;
	size_t i;

	for (i = 0; i < count; i++)
		dropped |= !is_let_in(&m->row[me], before[i]);
	for (i = 0; i < MODEL_LINKS && dropped; i++)
		if (m->link[i].end[me].phase == PHASE_OPENING &&
		    m->link[i].dialler != me)
			m->link[i].end[me].is_late = true;
}

static void send_all(struct work *k)
{
	struct model_link *l = k->l;
	int i, to = 1 - k->me;

	for (i = 0; i < k->out_count && !l->is_cut; i++)
		l->queue[to][l->count[to]++] = k->out[i];
}

static void finish(struct work *k, enum model_crash c)
{
	uint32_t before[2];
	size_t count = accepted(&k->m->row[k->me], before);

	if (c != CRASH_BEFORE_SAVE) {
		save(&k->row, &k->m->row[k->me]);
		note_dropped(k->m, k->me, before, count);
	}
	if (c == CRASH_NO ||
	    (c == CRASH_BEFORE_SAVE && k->run->mutation == SENT_BEFORE_SAVED))
		send_all(k);
	if (c != CRASH_NO)
		crash(k->m, k->me);
}

/* --- actions --- */

static struct work *begin(struct model *m, struct model_run *run, int me,
			  int link)
{
	static struct work work;

	work.m = m;
	work.run = run;
	work.me = me;
	work.l = &m->link[link];
	work.saves = false;
	work.out_count = 0;
	load(&m->row[me], &work.row);
	return &work;
}

static bool dial(struct model *m, const struct model_run *run, int end)
{
	struct model_link *l;
	int i;

	for (i = 0; i < run->links; i++)
		if (m->link[i].end[0].phase == PHASE_FREE)
			break;
	if (i == run->links)
		return false;
	l = &m->link[i];
	l->dialler = (uint8_t)end;
	l->end[0].phase = l->end[1].phase = PHASE_OPENING;
	l->end[end].epoch = m->row[end].epoch;
	l->queue[1 - end][0] =
	    (struct model_item){m->row[end].psk, m->row[end].epoch, KIND_MSG1};
	l->count[1 - end] = 1;
	return true;
}

static bool deliver(struct model *m, struct model_run *run,
		    struct model_action a)
{
	struct model_link *l = &m->link[a.link];
	struct model_item item = l->queue[a.end][0];
	struct work *k;

	if (l->count[a.end] == 0 || l->count[1 - a.end] + 2 > MODEL_QUEUE)
		return false;
	l->count[a.end]--;
	memmove(&l->queue[a.end][0], &l->queue[a.end][1],
		l->count[a.end] * sizeof(item));
	k = begin(m, run, a.end, a.link);
	switch ((enum model_kind)item.kind) {
	case KIND_NONE: break;
	case KIND_MSG1: on_msg1(k, &item); break;
	case KIND_MSG2: on_msg2(k); break;
	case KIND_HELLO: on_hello(k); break;
	case KIND_PROP:
	case KIND_ACK:
	case KIND_COMMIT:
	case KIND_DONE: on_frame(k, &item); break;
	}
	/* A crash elsewhere is an action of its own. */
	if (a.crash != CRASH_NO && !k->saves)
		return false;
	finish(k, a.crash);
	return true;
}

/* A link on which nothing arrives is given up long before an epoch is old. */
static bool has_frames_from_before(const struct model *m)
{
	int i, end, k;

	for (i = 0; i < MODEL_LINKS; i++)
		for (end = 0; end < 2; end++)
			for (k = 0; k < m->link[i].count[end]; k++)
				if (m->link[i].queue[end][k].kind >= KIND_PROP)
					return true;
	return false;
}

static bool propose(struct model *m, struct model_run *run,
		    struct model_action a)
{
	struct model_link *l = &m->link[a.link];
	struct rekey_todo todo;
	struct nonce32 r;
	struct work *k;

	if (!l->end[LEADER].hello_got || l->is_cut ||
	    l->end[LEADER].phase != PHASE_OPEN ||
	    l->count[FOLLOWER] == MODEL_QUEUE || has_frames_from_before(m))
		return false;
	k = begin(m, run, LEADER, a.link);
	mutate(k, LEADER_PROPOSES_WITH_AN_OLDER_KEY, k->row.epoch);
	if (k->row.rekey.state != REKEY_IDLE)
		return false;
	draw(run, r.b);
	rekey_propose(&k->row, &r, &todo);
	follow(k, &todo);
	finish(k, a.crash);
	return true;
}

static bool change(struct model *m, struct model_run *run,
		   struct model_action a)
{
	struct model_link *l = &m->link[a.link];

	switch (a.act) {
	case ACT_DIAL: return dial(m, run, a.end);
	case ACT_DELIVER: return deliver(m, run, a);
	case ACT_PROPOSE: return propose(m, run, a);
	case ACT_CRASH: crash(m, a.end); return true;
	case ACT_CUT:
		if (l->is_cut || l->end[0].phase == PHASE_FREE)
			return false;
		l->is_cut = true;
		return true;
	case ACT_NOTICE:
		if (!l->is_cut || !model_is_there(&l->end[a.end]))
			return false;
		go(l, a.end);
		return true;
	case ACTS: break;
	}
	return false;
}

static void check_row(struct model_run *run, const struct model_row *r)
{
	if (r->state == REKEY_IDLE && (r->other || r->my_r || r->peer_r))
		fail(run, "a key is kept for nothing");
}

static void check(struct model *m, struct model_run *run)
{
	const struct model_row *l = &m->row[LEADER], *f = &m->row[FOLLOWER];

	check_row(run, l);
	check_row(run, f);
	if (!is_let_in(l, f->psk) || !is_let_in(f, l->psk))
		fail(run, "they have parted");
	if (l->epoch != f->epoch && l->epoch != f->epoch + 1)
		fail(run, "epochs out of step");
	if (l->epoch == f->epoch && l->psk != f->psk)
		fail(run, "two keys of one epoch");
}

bool model_act(struct model *m, struct model_run *run, struct model_action a)
{
	struct model before = *m;

	if (!change(m, run, a)) {
		*m = before;
		return false;
	}
	check(m, run);
	return true;
}

void model_start(struct model *m, struct model_run *run)
{
	uint8_t k[32];

	memset(m, 0, sizeof(*m));
	draw(run, k);
	m->row[0].psk = m->row[1].psk = name_of(k);
	m->row[0].epoch = m->row[1].epoch = 1;
}

/* Everything that is on its way arrives. */
static void drain(struct model *m, struct model_run *run)
{
	struct model_action to_leader = {.act = ACT_DELIVER, .end = LEADER};
	struct model_action to_other = {.act = ACT_DELIVER, .end = FOLLOWER};

	while (model_act(m, run, to_leader) || model_act(m, run, to_other))
		;
}

static bool is_settled(const struct model *m)
{
	return m->row[0].psk == m->row[1].psk &&
	       m->row[0].epoch == m->row[1].epoch &&
	       m->row[0].state == REKEY_IDLE && m->row[1].state == REKEY_IDLE;
}

void model_settle(const struct model *m, struct model_run *run, int dialler)
{
	struct model_action dial = {.act = ACT_DIAL, .end = (uint8_t)dialler};
	struct model_action propose = {.act = ACT_PROPOSE};
	struct model copy = *m;
	uint16_t epoch;

	memset(copy.link, 0, sizeof(copy.link));
	model_act(&copy, run, dial);
	drain(&copy, run);
	if (!is_settled(&copy))
		fail(run, "they do not come to rest");
	epoch = copy.row[LEADER].epoch;
	model_act(&copy, run, propose);
	drain(&copy, run);
	if (!is_settled(&copy) || copy.row[LEADER].epoch != epoch + 1)
		fail(run, "they do not go on");
}
