/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rekey_model - two real ends of an exchange of keys, and what may happen to
 * them: links that open by any key that one side holds, frames that are lost
 * with their link, ends that crash before and after each save.
 *
 * A state is small and flat, so that it can be copied, hashed and searched.
 * Keys and random numbers are kept in one pool, and a state names them by
 * their place in it.
 */
#ifndef TESTS_UNIT_REKEY_MODEL_H
#define TESTS_UNIT_REKEY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEADER = 0, FOLLOWER = 1 };
enum { MODEL_LINKS = 3, MODEL_QUEUE = 4 };

enum model_kind {
	KIND_NONE,
	KIND_MSG1,
	KIND_MSG2,
	KIND_HELLO,
	KIND_PROP,
	KIND_ACK,
	KIND_COMMIT,
	KIND_DONE,
};

/* On its way.  Of MSG1, value is the key; of PROP and ACK, r. */
struct model_item {
	uint32_t value;
	uint16_t n;
	uint8_t kind;
};

enum model_phase {
	PHASE_FREE,    /* of a link that is not there */
	PHASE_OPENING, /* waits for the first, or second, message */
	PHASE_PROVING, /* waits for the first record */
	PHASE_OPEN,
	PHASE_GONE,
};

struct model_end {
	uint8_t phase;
	bool hello_got;
	/* Responder: a key was dropped since the link began.  What does not
	 * open then is late, and nobody to be alarmed about. */
	bool is_late;
	uint16_t epoch;
};

struct model_link {
	uint8_t dialler;
	bool is_cut; /* nothing more gets onto it */
	struct model_end end[2];
	uint8_t count[2]; /* on the way to that end */
	struct model_item queue[2][MODEL_QUEUE];
};

static inline bool model_is_there(const struct model_end *e)
{
	return e->phase != PHASE_FREE && e->phase != PHASE_GONE;
}

/* What an end has on its disk. */
struct model_row {
	uint32_t psk, other, my_r, peer_r;
	uint16_t epoch;
	uint8_t state;
};

struct model {
	struct model_row row[2];
	struct model_link link[MODEL_LINKS];
};

/* The rules that a test can break to see whether anybody notices. */
enum mutation {
	RULES_KEPT,
	FOLLOWER_DROPS_BEFORE_COMMIT,
	LEADER_DROPS_BEFORE_DONE,
	LEADER_PROPOSES_WITH_AN_OLDER_KEY,
	FOLLOWER_ANSWERS_ANEW,
	LEADER_TRUSTS_MESSAGE_2,
	SENT_BEFORE_SAVED,
	MUTATIONS,
};

enum model_act {
	ACT_DIAL,    /* end dials */
	ACT_DELIVER, /* what is first on link to end */
	ACT_CUT,     /* link */
	ACT_NOTICE,  /* end hears that link is cut */
	ACT_PROPOSE, /* the leader, on link */
	ACT_CRASH,   /* end */
	ACTS,
};

enum model_crash { CRASH_NO, CRASH_BEFORE_SAVE, CRASH_AFTER_SAVE, CRASHES };

struct model_action {
	enum model_act act;
	uint8_t end, link;
	enum model_crash crash;
};

struct model_run {
	enum mutation mutation;
	int links; /* of MODEL_LINKS */
	uint64_t draws;
	const char *fault; /* the first promise that was broken */
};

/* Two ends in epoch 1, not connected. */
void model_start(struct model *m, struct model_run *run);
/* False if that cannot happen now; then nothing changed. */
bool model_act(struct model *m, struct model_run *run, struct model_action a);
/* From here on nothing is lost, and only that end dials: run->fault unless
 * they meet, finish what they began, and go to another epoch. */
void model_settle(const struct model *m, struct model_run *run, int dialler);
/* Equal for states that differ only in the names of keys, in what epoch they
 * count from, and in which of two links is which. */
uint64_t model_hash(const struct model *m, int links);
void model_pool_clear(void);

#endif
