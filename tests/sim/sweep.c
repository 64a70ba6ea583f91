/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sim_sweep - random worlds with random faults, one for each seed.
 *
 *     sim_sweep [--seed N] [--trace] [--broken-order]
 *
 * SEEDS= (count) and SECONDS= in the environment set the length; FIRST= the
 * first seed; REKEY=1 lets keys live for a minute in all worlds and not in
 * every third.  One seed is one world, whatever else runs.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "tests/sim/chat.h"
#include "tests/sim/epochs.h"
#include "tests/sim/files_world.h"

enum { SEEDS_DEFAULT = 2000, OPS_MAX = 30 };

struct figures {
	uint64_t worlds, steps, messages, starts, put_back, skipped, epochs;
	uint64_t changes;      /* edits, deletions, reactions */
	uint64_t asked;	       /* knocks and introductions that came */
	uint64_t files, whole; /* that came, and came whole */
};

/* Two hosts that are not one. */
static void draw_two(struct world *w, int *a, int *b)
{
	*a = (int)world_random(w, (uint64_t)w->host_count);
	*b = (int)world_random(w, (uint64_t)w->host_count - 1);
	if (*b >= *a)
		(*b)++;
}

static void op_pair(struct world *w)
{
	struct uid invite;
	int a, b;

	draw_two(w, &a, &b);
	if (world_contact(w, a, b) || world_contact(w, b, a))
		return;
	invite = world_invite(w, a);
	if (w->hosts[a].last_reply == OK)
		(void)!world_connect(w, b, a, &invite);
}

static void op_send(struct world *w)
{
	int a = (int)world_random(w, (uint64_t)w->host_count);
	unsigned count = 1 + (unsigned)world_random(w, 4);
	struct disk *d = w->hosts[a].disk;
	struct uid id;

	if (d->contact_count == 0)
		return;
	id = d->contacts[world_random(w, d->contact_count)].id;
	while (count-- > 0)
		(void)!world_send(w, a, &id);
}

static void op_knock(struct world *w)
{
	int a, b;

	draw_two(w, &a, &b);
	(void)!world_knock(w, a, b);
}

static void op_introduce(struct world *w)
{
	int a, b, by = (int)world_random(w, (uint64_t)w->host_count);

	draw_two(w, &a, &b);
	if (by != a && by != b)
		(void)!world_introduce(w, by, a, b);
}

static void op_decide(struct world *w)
{
	int a = (int)world_random(w, (uint64_t)w->host_count);
	const struct disk *d = w->hosts[a].disk;
	struct uid id;

	if (d->request_count == 0)
		return;
	id = d->requests[world_random(w, d->request_count)].id;
	(void)!world_decide(w, a,
			    world_chance(w, 7000) ? EV_CMD_REQUEST_ACCEPT
						  : EV_CMD_REQUEST_REJECT,
			    &id);
}

static void op_wish(struct world *w)
{
	switch (world_random(w, 4)) {
	case 0: op_knock(w); break;
	case 1: op_introduce(w); break;
	default: op_decide(w); break;
	}
}

static void open_doors(struct world *w)
{
	struct cmd_self_set cheap = {.fields = SELF_DIFFICULTY,
				     .difficulty = 2};
	int i;

	for (i = 0; i < w->host_count; i++)
		(void)!world_self_set(w, i, &cheap);
}

/* Everybody agrees to everything in the end; how many did. */
static unsigned welcome_all(struct world *w)
{
	unsigned n = 0;
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++) {
		const struct disk *d = w->hosts[i].disk;

		for (k = 0; k < d->request_count; k++) {
			struct uid id = d->requests[k].id;

			if (d->requests[k].state >= REQUEST_PENDING &&
			    world_decide(w, i, EV_CMD_REQUEST_ACCEPT, &id) ==
				OK)
				n++;
		}
	}
	return n;
}

static void op_stranger(struct world *w)
{
	int a = (int)world_random(w, (uint64_t)w->host_count);
	const struct host *h = &w->hosts[a];
	uint8_t bytes[1200];
	size_t n = world_random(w, sizeof(bytes));
	const struct stream *s;

	if (!h->node || h->service_count == 0)
		return;
	rng_bytes(&w->rng, bytes, sizeof(bytes));
	if (w->stream_count > 0 && world_chance(w, 5000)) {
		/* Whatever somebody once recorded. */
		s = w->streams[world_random(w, w->stream_count)];
		memcpy(bytes, s->opening, sizeof(s->opening));
	} else if (world_chance(w, 5000)) {
		bytes[0] = 1;
		bytes[1] = 0xe6;
	}
	world_stranger(w, a, world_random(w, h->service_count), bytes, n)
	    ->stranger_may_get = HANDSHAKE_BYTES;
}

/* People change their minds. */
static void op_people(struct world *w)
{
	struct cmd_contact_set cmd = {.fields = 0};
	int a, b;

	draw_two(w, &a, &b);
	switch (world_random(w, 4)) {
	case 0:
		cmd.fields = CONTACT_BLOCKED;
		cmd.blocked = world_chance(w, 5000);
		break;
	case 1:
		cmd.fields = CONTACT_POLICY;
		cmd.policy = (enum contact_policy)world_random(w, 3);
		break;
	case 2:
		cmd.fields = CONTACT_COVER;
		cmd.cover = world_chance(w, 5000);
		break;
	default:
		world_set_mode(w, a, (enum presence_mode)world_random(w, 3));
		return;
	}
	world_set(w, a, b, &cmd);
}

static void op_misfortune(struct world *w)
{
	int a, b;

	draw_two(w, &a, &b);
	switch (world_random(w, w->seed % 4 == 0 ? 12 : 8)) {
	case 0:
		world_crash(w, a);
		net_start_later(w, a, world_random(w, 60 * 1000));
		break;
	case 1: world_set_tor(w, a, !w->hosts[a].tor_ready); break;
	case 2:
	case 3: world_cut(w, a, b); break;
	case 8:
	case 9: world_backup(w, a); break;
	case 10:
	case 11:
		if (w->hosts[a].old_disk) {
			world_put_back(w, a);
			net_start_later(w, a, world_random(w, 60 * 1000));
		}
		break;
	default: op_stranger(w); break;
	}
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

static struct world *new_world(uint64_t seed)
{
	int hosts = 2 + (int)(seed % 3);

	if (seed % 3 == 0 || from_environment("REKEY", 0) == 1)
		return epochs_world(seed, hosts);
	return world_new(seed, hosts);
}

static void live(struct world *w)
{
	uint64_t ops = 10 + world_random(w, OPS_MAX);
	static const unsigned levels[] = {0, 20, 100, 500};

	/* Half of the worlds are open about what was read. */
	if (w->seed % 2) {
		chat_open_up(w, 0);
		chat_open_up(w, 1);
	}
	/* Disks go back where there is something to forget. */
	if (w->seed % 4 == 0) {
		world_pair(w, 0, 1);
		world_backup(w, 0);
		world_backup(w, 1);
	}
	w->self_test = world_chance(w, 5000);
	w->faults.crash = levels[world_random(w, 4)] / 2;
	w->faults.cut = levels[world_random(w, 4)];
	w->faults.split = levels[world_random(w, 4)] * 10;
	w->faults.stay_down = 1000;
	open_doors(w);
	while (ops-- > 0) {
		switch (world_random(w, 16)) {
		case 0: op_pair(w); break;
		case 8: op_people(w); break;
		case 9: op_wish(w); break;
		case 13:
		case 14:
		case 15: world_files_random(w); break;
		case 1:
		case 2: op_misfortune(w); break;
		case 3:
		case 4:
		case 5:
		case 6: chat_random(w); break;
		default: op_send(w); break;
		}
		if (world_chance(w, 7000))
			world_run(w, world_random(w, 20 * 1000));
	}
}

/* Everybody takes every file. */
static void take_all(struct world *w)
{
	int i;

	for (i = 0; i < w->host_count; i++)
		world_files_set_all(w, i, FILE_RUN);
	world_heal(w);
}

/* Everybody reads everything, and what disappears does so. */
static void agree(struct world *w)
{
	int i;

	if (world_went_back(w))
		return;
	for (i = 0; i < w->host_count; i++)
		chat_read_all(w, i);
	world_run(w, 15 * 60 * 1000);
	world_heal(w);
	check_views(w);
}

static void count_files(const struct world *w, struct figures *f)
{
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++)
		for (k = 0; k < w->hosts[i].disk->file_count; k++) {
			const struct file_row *row =
			    &w->hosts[i].disk->files[k];

			f->files += row->dir == MESSAGE_IN;
			f->whole +=
			    row->dir == MESSAGE_IN && row->state == FILE_DONE;
		}
}

static uint64_t run_world(uint64_t seed, FILE *trace, bool broken,
			  struct figures *f)
{
	struct world *w = new_world(seed);
	uint64_t hash;
	size_t k;
	int i;

	w->trace = trace;
	w->faults.send_before_commit = broken;
	live(w);
	world_heal(w);
	while (welcome_all(w) > 0)
		world_heal(w);
	take_all(w);
	if (!world_is_settled(w, NULL))
		world_fail(w, -1, "does not settle");
	agree(w);
	check_end(w);
	f->worlds++;
	f->steps += w->steps;
	for (i = 0; i < w->host_count; i++) {
		f->messages += w->hosts[i].disk->journal[2];
		f->skipped += w->hosts[i].disk->skipped;
		f->starts += w->hosts[i].life;
		f->put_back += w->hosts[i].went_back;
		f->changes += w->hosts[i].disk->journal[JOURNAL_MESSAGE_EDITED];
		f->changes +=
		    w->hosts[i].disk->journal[JOURNAL_MESSAGE_DELETED];
		f->changes +=
		    w->hosts[i].disk->journal[JOURNAL_MESSAGE_REACTION];
		f->asked += w->hosts[i].disk->journal[JOURNAL_REQUEST_RECEIVED];
		for (k = 0; k < w->hosts[i].disk->contact_count; k++)
			f->epochs += w->hosts[i].disk->contacts[k].epoch;
	}
	count_files(w, f);
	hash = w->hash;
	world_free(w);
	return hash;
}

static void sweep(bool broken)
{
	uint64_t first = from_environment("FIRST", 1);
	uint64_t seeds = from_environment("SEEDS", SEEDS_DEFAULT);
	uint64_t seconds = from_environment("SECONDS", 0);
	uint64_t hash = 0, seed = first;
	struct figures f = {0};
	time_t end = time(NULL) + (time_t)seconds;

	printf("sim_sweep: first seed %llu\n", (unsigned long long)first);
	fflush(stdout);
	while (seconds ? time(NULL) < end : seed < first + seeds)
		hash = hash * 31 + run_world(seed++, NULL, broken, &f);
	printf("sim_sweep: %llu worlds, %llu steps, %llu messages, "
	       "%llu starts, %llu disks put back, %llu doubles dropped, "
	       "%llu epochs, %llu wishes, %llu changes seen alike, "
	       "%llu files and %llu of them whole, all "
	       "delivered once and in order; "
	       "hash %016llx\n",
	       (unsigned long long)f.worlds, (unsigned long long)f.steps,
	       (unsigned long long)f.messages, (unsigned long long)f.starts,
	       (unsigned long long)f.put_back, (unsigned long long)f.skipped,
	       (unsigned long long)f.epochs, (unsigned long long)f.asked,
	       (unsigned long long)f.changes, (unsigned long long)f.files,
	       (unsigned long long)f.whole, (unsigned long long)hash);
}

int main(int argc, char **argv)
{
	bool broken = false, one = false;
	struct figures f = {0};
	FILE *trace = NULL;
	uint64_t seed = 0;
	int i;

	if (sodium_init() < 0)
		return 1;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			trace = stdout;
		} else if (strcmp(argv[i], "--broken-order") == 0) {
			broken = true;
		} else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			seed = strtoull(argv[++i], NULL, 10);
			one = true;
		} else {
			fprintf(stderr, "sim_sweep: what is %s?\n", argv[i]);
			return 2;
		}
	}
	if (one)
		printf("hash %016llx\n",
		       (unsigned long long)run_world(seed, trace, broken, &f));
	else
		sweep(broken);
	return 0;
}
