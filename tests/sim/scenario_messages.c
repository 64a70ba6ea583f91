/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/chat.h"
#include "tests/sim/scenarios.h"

enum { SECOND = 1000 };

static const char thumb[] = "\xf0\x9f\x91\x8d";

/* Two who may know of each other what was read. */
static struct world *open_world(uint64_t seed)
{
	struct world *w = paired_world(seed);

	chat_open_up(w, 0);
	chat_open_up(w, 1);
	return w;
}

/* Ends w after everybody has read everything and sees the same. */
static void end_alike(struct world *w)
{
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	chat_read_all(w, 0);
	chat_read_all(w, 1);
	world_run(w, 20 * MINUTE);
	check_views(w);
	end_world(w);
}

/* A command of host about the i-th line that from wrote to the other. */
#define edit(w, i, text) chat_cmd(w, 0, talk_edit(chat_line(w, 0, 1, i), text))
#define take_away(w, i, how)                                                   \
	chat_cmd(w, 0, talk_delete(chat_line(w, 0, 1, i), how))

static enum message_state state_of(struct world *w, size_t i)
{
	return chat_line(w, 0, 1, i)->state;
}

static const char *reaction(struct world *w, int host, size_t i,
			    enum message_dir by)
{
	const struct message_row *m =
	    host == 0 ? chat_line(w, 0, 1, i) : chat_copy(w, 0, 1, i);

	return disk_seen(w->hosts[host].disk, m)->emoji[by].s;
}

static enum err set_timer(struct world *w, int host, uint32_t ttl_s)
{
	const struct uid id = world_contact(w, host, 1 - host)->id;

	return chat_cmd(w, host, talk_timer(&id, &w->rng, ttl_s));
}

static enum err say_by(struct world *w, uint64_t ms)
{
	const struct uid id = world_contact(w, 0, 1)->id;
	struct event ev = talk_send(&id, &w->rng, "now or never");

	ev.send.deadline_ms = host_wall_ms(w, 0) + ms;
	return chat_cmd(w, 0, ev);
}

void edits_reach_the_other(void **state)
{
	struct world *w = open_world(80);

	(void)state;
	chat_say(w, 0, 1, "helo");
	world_run(w, MINUTE);
	assert_ok(edit(w, 0, "hello"));
	world_run(w, MINUTE);
	assert_true(chat_is(w, 0, 1, 0, "hello"));
	/* Many while the other is away: the last counts. */
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "second");
	assert_ok(edit(w, 0, "hello again"));
	assert_ok(edit(w, 1, "2nd"));
	assert_ok(edit(w, 0, "good morning"));
	world_set_tor(w, 1, true);
	world_run(w, 5 * MINUTE);
	assert_true(chat_is(w, 0, 1, 0, "good morning"));
	assert_true(chat_is(w, 0, 1, 1, "2nd"));
	assert_int_equal(received(w, 0, 1), 2);
	end_alike(w);
}

void deletions_reach_the_other(void **state)
{
	struct world *w = open_world(81);
	const struct message_row *m;

	(void)state;
	chat_say(w, 0, 1, "to be forgotten");
	chat_say(w, 0, 1, "to stay");
	world_run(w, MINUTE);
	assert_ok(take_away(w, 0, DELETE_FOR_ALL));
	assert_ok(take_away(w, 1, DELETE_FOR_ME));
	world_run(w, MINUTE);
	assert_true(chat_is(w, 0, 1, 0, ""));
	m = chat_copy(w, 0, 1, 0);
	assert_true(m->deleted && m->body.n == 0);
	m = chat_copy(w, 0, 1, 1);
	assert_false(m->deleted);
	assert_int_equal(m->body.n, 7);
	end_alike(w);
}

void reactions_of_both(void **state)
{
	struct world *w = open_world(82);

	(void)state;
	chat_say(w, 0, 1, "cake?");
	world_run(w, MINUTE);
	assert_ok(chat_cmd(w, 0, talk_react(chat_line(w, 0, 1, 0), "!")));
	assert_ok(chat_cmd(w, 1, talk_react(chat_copy(w, 0, 1, 0), "?")));
	assert_ok(chat_cmd(w, 1, talk_react(chat_copy(w, 0, 1, 0), thumb)));
	world_run(w, MINUTE);
	assert_string_equal(reaction(w, 0, 0, MESSAGE_OUT), "!");
	assert_string_equal(reaction(w, 1, 0, MESSAGE_IN), "!");
	assert_string_equal(reaction(w, 0, 0, MESSAGE_IN), thumb);
	assert_ok(chat_cmd(w, 1, talk_react(chat_copy(w, 0, 1, 0), "")));
	world_run(w, MINUTE);
	assert_string_equal(reaction(w, 0, 0, MESSAGE_IN), "");
	end_alike(w);
}

static void say_and_change(struct world *w, unsigned step)
{
	switch (step) {
	case 0: chat_say(w, 0, 1, "first"); break;
	case 1: (void)!edit(w, 0, "first, edited"); break;
	case 2:
		(void)!chat_cmd(w, 0, talk_react(chat_line(w, 0, 1, 0), "+"));
		break;
	case 3: chat_say(w, 0, 1, "second"); break;
	case 4: (void)!take_away(w, 0, DELETE_FOR_ALL); break;
	default: (void)!take_away(w, 1, DELETE_CANCEL); break;
	}
}

enum { STEPS = 6 };

/* The step in which a command is carried out does not go well: either all of
 * it is done, here and there, or nothing. */
void changes_with_a_crash_at_each(void **state)
{
	int kind;
	unsigned bad, step;

	(void)state;
	for (bad = 1; bad < STEPS; bad++) {
		for (kind = CRASH_BEFORE_COMMIT; kind < CRASH_KINDS; kind++) {
			struct world *w = open_world(8300 + bad);

			for (step = 0; step < STEPS; step++) {
				if (step == bad && bad != 3) {
					w->faults.at_host = 0;
					w->faults.at_step =
					    w->hosts[0].steps + 1;
					w->faults.at_kind = (enum crash)kind;
				}
				say_and_change(w, step);
				world_run(w, step % 2 ? 100 : 2 * MINUTE);
				world_start(w, 0);
			}
			end_alike(w);
		}
	}
}

void changes_cut_at_each_frame(void **state)
{
	uint64_t k;
	unsigned step;

	(void)state;
	for (k = 1; k <= 30; k++) {
		struct world *w = open_world(8400 + k % 3);

		w->faults.at_send = w->sends + k;
		w->faults.at_send_tenths = (unsigned)(k % 3) * 5;
		for (step = 0; step < STEPS; step++) {
			say_and_change(w, step);
			world_run(w, 700);
		}
		end_alike(w);
	}
}

/* Nobody but its writer ever sees it. */
void cancelled_while_queued(void **state)
{
	struct world *w = open_world(85);

	(void)state;
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "not a good idea");
	chat_say(w, 0, 1, "a better one");
	assert_ok(take_away(w, 0, DELETE_CANCEL));
	assert_int_equal(state_of(w, 0), MESSAGE_FAILED);
	world_crash(w, 0);
	world_start(w, 0);
	world_set_tor(w, 1, true);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	assert_null(chat_copy(w, 0, 1, 0));
	assert_true(chat_is(w, 0, 1, 1, "a better one"));
	assert_false(has_alarm(w, 1, 0));
	/* No deletion was needed. */
	assert_int_equal(w->hosts[1].disk->changes.parked_count, 0);
	end_alike(w);
}

/* Its acknowledgement was lost, so its writer may think that he can still
 * take it back; and he can. */
void cancelled_when_it_was_there(void **state)
{
	struct world *w = open_world(86);

	(void)state;
	world_run(w, MINUTE);
	w->faults.at_send = w->sends + 2;
	chat_say(w, 0, 1, "oh no");
	world_run(w, 2 * SECOND);
	assert_int_equal(received(w, 0, 1), 1);
	world_set_tor(w, 0, false);
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_QUEUED);
	assert_ok(take_away(w, 0, DELETE_CANCEL));
	world_set_tor(w, 0, true);
	world_run(w, 5 * MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_FAILED);
	assert_true(chat_copy(w, 0, 1, 0)->deleted);
	assert_int_equal(chat_copy(w, 0, 1, 0)->body.n, 0);
	end_alike(w);
}

void given_up_in_time(void **state)
{
	struct world *w = open_world(87);

	(void)state;
	assert_ok(say_by(w, HOUR));
	world_run(w, MINUTE);
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	assert_ok(say_by(w, HOUR));
	assert_ok(say_by(w, 3 * HOUR));
	world_run(w, HOUR - MINUTE);
	assert_int_equal(state_of(w, 1), MESSAGE_QUEUED);
	world_run(w, 2 * MINUTE);
	assert_int_equal(state_of(w, 1), MESSAGE_FAILED);
	/* Its time comes while the daemon is not running. */
	world_crash(w, 0);
	world_run(w, 3 * HOUR);
	world_start(w, 0);
	world_run(w, SECOND);
	assert_int_equal(state_of(w, 2), MESSAGE_FAILED);
	world_set_tor(w, 1, true);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	assert_true(state_of(w, 0) >= MESSAGE_DELIVERED);
	assert_int_equal(state_of(w, 1), MESSAGE_FAILED);
	end_alike(w);
}

void messages_disappear_at_both(void **state)
{
	struct world *w = open_world(88);

	(void)state;
	chat_say(w, 0, 1, "stays");
	assert_ok(set_timer(w, 1, 300));
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "goes");
	world_run(w, 4 * MINUTE);
	assert_true(chat_is(w, 0, 1, 1, "goes"));
	world_run(w, 2 * MINUTE);
	/* Gone where it was written; where it was not read it waits. */
	assert_true(chat_line(w, 0, 1, 1)->hidden);
	assert_int_equal(chat_copy(w, 0, 1, 1)->body.n, 4);
	chat_read_all(w, 1);
	world_crash(w, 1);
	world_run(w, 20 * MINUTE);
	world_start(w, 1);
	world_run(w, SECOND);
	assert_true(chat_copy(w, 0, 1, 1)->hidden);
	assert_int_equal(chat_copy(w, 0, 1, 1)->body.n, 0);
	assert_true(chat_is(w, 0, 1, 0, "stays"));
	assert_ok(set_timer(w, 0, 0));
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "stays again");
	world_run(w, 24 * HOUR);
	assert_true(chat_is(w, 0, 1, 3, "stays again"));
	end_alike(w);
}

/* Both set another timer at the same time.  Each message says its own time,
 * so both ends wipe it after that. */
void timers_cross(void **state)
{
	struct world *w = open_world(89);

	(void)state;
	assert_ok(set_timer(w, 0, 60));
	assert_ok(set_timer(w, 1, 600));
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "going");
	chat_say(w, 1, 0, "going");
	world_run(w, 5 * SECOND);
	assert_int_equal(chat_line(w, 0, 1, 1)->ttl_s,
			 chat_copy(w, 0, 1, 1)->ttl_s);
	assert_int_equal(chat_line(w, 1, 0, 1)->ttl_s,
			 chat_copy(w, 1, 0, 1)->ttl_s);
	chat_read_all(w, 0);
	chat_read_all(w, 1);
	world_run(w, 15 * MINUTE);
	assert_true(chat_is(w, 0, 1, 1, ""));
	assert_true(chat_is(w, 1, 0, 1, ""));
	end_alike(w);
}

void receipts_if_he_may_know(void **state)
{
	struct world *w = paired_world(90);

	(void)state;
	chat_say(w, 0, 1, "one");
	world_run(w, MINUTE);
	chat_read_all(w, 1);
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_DELIVERED);
	chat_open_up(w, 1);
	chat_say(w, 0, 1, "two");
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 1), MESSAGE_DELIVERED);
	chat_read_all(w, 1);
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_READ);
	assert_int_equal(state_of(w, 1), MESSAGE_READ);
	/* Read while his contact is away: told later. */
	chat_say(w, 0, 1, "three");
	world_run(w, 5 * SECOND);
	world_set_tor(w, 0, false);
	world_run(w, MINUTE);
	chat_read_all(w, 1);
	world_run(w, HOUR);
	world_crash(w, 1);
	world_start(w, 1);
	world_set_tor(w, 0, true);
	world_run(w, 10 * MINUTE);
	assert_int_equal(state_of(w, 2), MESSAGE_READ);
	end_alike(w);
}

void states_one_after_another(void **state)
{
	struct world *w = open_world(91);
	size_t i;

	(void)state;
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	chat_say(w, 0, 1, "one");
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_QUEUED);
	world_set_tor(w, 1, true);
	world_run(w, 5 * MINUTE);
	assert_int_equal(state_of(w, 0), MESSAGE_DELIVERED);
	/* Nothing arrives any more, and nobody is told. */
	for (i = 0; i < w->stream_count; i++)
		w->streams[i]->cut_ms[0] = w->streams[i]->cut_ms[1] = w->now_ms;
	chat_say(w, 0, 1, "two");
	assert_int_equal(state_of(w, 1), MESSAGE_SENDING);
	world_run(w, 10 * SECOND);
	assert_int_equal(state_of(w, 1), MESSAGE_SENDING);
	end_alike(w);
}

void typing_is_seen_and_passes(void **state)
{
	struct world *w = open_world(92);
	const struct uid id = world_contact(w, 0, 1)->id;
	unsigned i;

	(void)state;
	world_run(w, MINUTE);
	assert_ok(chat_cmd(w, 0, talk_typing(&id, true)));
	world_run(w, 5 * SECOND);
	assert_true(w->hosts[1].typing);
	world_run(w, 10 * SECOND);
	assert_false(w->hosts[1].typing);
	for (i = 0; i < 20; i++) {
		assert_ok(chat_cmd(w, 0, talk_typing(&id, true)));
		world_run(w, SECOND);
	}
	assert_true(w->hosts[1].typing);
	chat_say(w, 0, 1, "typed");
	world_run(w, 2 * SECOND);
	assert_false(w->hosts[1].typing);
	assert_true(w->hosts[1].typings <= 6);
	assert_ok(chat_cmd(w, 0, talk_typing(&id, true)));
	world_run(w, SECOND);
	assert_true(w->hosts[1].typing);
	world_cut(w, 0, 1);
	world_run(w, 2 * SECOND);
	assert_false(w->hosts[1].typing);
	end_alike(w);
}

/* What was deleted for both does not come back with an old disk: its number
 * is filled by a hash. */
void deleted_stays_deleted_on_an_old_disk(void **state)
{
	struct world *w = open_world(93);

	(void)state;
	chat_say(w, 0, 1, "one");
	world_run(w, MINUTE);
	world_backup(w, 1);
	chat_say(w, 0, 1, "secret");
	chat_say(w, 0, 1, "three");
	world_run(w, MINUTE);
	assert_ok(take_away(w, 1, DELETE_FOR_ALL));
	world_run(w, MINUTE);
	assert_true(chat_copy(w, 0, 1, 1)->deleted);
	world_put_back(w, 1);
	world_start(w, 1);
	world_run(w, 10 * MINUTE);
	assert_true(has_alarm(w, 0, 1));
	/* The hash fits: at his end nothing is wrong. */
	assert_false(has_alarm(w, 1, 0));
	assert_null(chat_copy(w, 0, 1, 1));
	assert_true(chat_is(w, 0, 1, 0, "one"));
	assert_true(chat_is(w, 0, 1, 2, "three"));
	end_alike(w);
}

/* A writer whose disk forgot an edit makes another one: the last counts, at
 * both ends. */
void an_edit_that_was_forgotten(void **state)
{
	struct world *w = open_world(94);

	(void)state;
	chat_say(w, 0, 1, "helo");
	world_run(w, MINUTE);
	world_backup(w, 0);
	assert_ok(edit(w, 0, "hello"));
	world_run(w, MINUTE);
	assert_true(chat_is(w, 0, 1, 0, "hello"));
	world_put_back(w, 0);
	world_start(w, 0);
	assert_ok(edit(w, 0, "hullo"));
	world_run(w, 10 * MINUTE);
	assert_true(chat_is(w, 0, 1, 0, "hullo"));
	assert_true(has_alarm(w, 0, 1));
	end_alike(w);
}

/* Of what is not sent yet nothing arrives, whether its row is erased or has
 * still to be. */
void a_long_history_is_cleared(void **state)
{
	struct world *w = open_world(95);
	struct event ev = {.type = EV_CMD_HISTORY_DELETE};
	const struct changes *c;

	(void)state;
	chat_say(w, 0, 1, "before");
	world_run(w, MINUTE);
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	world_say(w, 0, 1, 4 * SWEEP_MAX);
	ev.target = world_contact(w, 0, 1)->id;
	assert_ok(chat_cmd(w, 0, ev));
	world_run(w, SECOND);
	world_crash(w, 0);
	c = &w->hosts[0].disk->changes;
	assert_true(changes_has_work(c));
	world_set_tor(w, 1, true);
	world_run(w, MINUTE);
	world_start(w, 0);
	world_run(w, 10 * MINUTE);
	assert_false(changes_has_work(&w->hosts[0].disk->changes));
	assert_int_equal(received(w, 0, 1), 1);
	chat_say(w, 0, 1, "after");
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 2);
	end_alike(w);
}
