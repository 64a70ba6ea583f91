/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/runtime_world.h"

struct two {
	struct loop loop;
	struct side a, b;
};

static int start(void **state)
{
	struct two *t = xcalloc(1, sizeof(*t));

	loop_init(&t->loop);
	event_base_priority_init(t->loop.base, 3);
	side_init(&t->a, &t->loop, &t->b);
	side_init(&t->b, &t->loop, &t->a);
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct two *t = *state;

	side_clear(&t->a);
	side_clear(&t->b);
	loop_clear(&t->loop);
	free(t);
	return 0;
}

/* A contact who never answers; nothing of his keys matters here. */
static struct uid lonely(struct side *s)
{
	struct contact_row row = kit_contact(1);
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = row};

	e.contact.n = (struct counters){.send_next = 1, .recv_next = 1};
	e.contact.blocked = false;
	e.contact.policy = POLICY_VISIBLE;
	kit_save(&s->kit, &e);
	return row.id;
}

/* No write of this process succeeds any more, or all do. */
static void set_disk(bool works)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (!works)
		limit.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void must_be_durable(struct side *s)
{
	/* Each reply is to one more message. */
	assert_true(side_durable_messages(s, kit_uid('c', 1)) > s->reply_count);
}

static void a_reply_means_durable(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);

	side_start(s, false);
	s->at_reply = must_be_durable;
	side_say(s, c, 1, 100, 11);
	assert_int_equal(s->reply_count, 0);
	side_wait_replies(s, 1);
	side_say(s, c, 2, 100, 12);
	side_wait_replies(s, 2);
	assert_ok(s->replies[0]);
	assert_ok(s->replies[1]);
	assert_int_equal(s->reply_cmds[1], 12);
	assert_int_equal(s->journal_count, 2);
}

static void all_of_a_turn_is_one_commit(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);
	uint32_t i;

	side_start(s, false);
	loop_settle(&t->loop);
	s->journal_count = 0;
	for (i = 1; i <= 20; i++)
		side_say(s, c, i, 100, i);
	assert_int_equal(s->reply_count, 0);
	side_wait_replies(s, 20);
	assert_int_equal(s->journal_count, 1);
	for (i = 0; i < 20; i++)
		assert_int_equal(s->reply_cmds[i], i + 1);
}

/* A turn that does not end is not waited for. */
static void a_batch_has_a_limit(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);
	uint32_t i;

	side_start(s, false);
	for (i = 1; i <= 200; i++)
		side_say(s, c, i, 100, i);
	assert_true(s->reply_count > 0);
	side_wait_replies(s, 200);
	assert_int_equal(side_messages(runtime_store(s->runtime), c), 200);
}

static void a_wrong_command_is_answered(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;

	side_start(s, false);
	side_say(s, kit_uid('c', 7), 1, 10, 5);
	side_wait_replies(s, 1);
	assert_err(s->replies[0], ERR_NOT_FOUND);
	assert_int_equal(s->journal_count, 0);
}

static void after_a_refused_commit_nothing_was_done(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);

	side_start(s, false);
	loop_settle(&t->loop);
	s->journal_count = 0;
	set_disk(false);
	side_say(s, c, 1, 5000, 21);
	side_transport(s, true);
	side_wait_replies(s, 1);
	set_disk(true);
	assert_err(s->replies[0], ERR_NO_SPACE);
	assert_int_equal(s->reply_cmds[0], 21);
	assert_int_equal(s->drop_count, 1);
	assert_int_equal(s->journal_count, 0);
	assert_int_equal(s->publish_count + s->dial_count + s->send_count, 0);
	/* Until it has been read again it takes no command. */
	side_say(s, c, 2, 10, 22);
	assert_int_equal(s->reply_count, 2);
	assert_err(s->replies[1], ERR_IO);
	assert_int_equal(s->broken_count, 0);
}

static bool has_published(void *arg)
{
	return ((struct side *)arg)->publish_count > 0;
}

static void the_state_is_read_again(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);

	side_start(s, false);
	set_disk(false);
	side_say(s, c, 1, 5000, 1);
	side_transport(s, true);
	side_wait_replies(s, 1);
	set_disk(true);
	/* It has not forgotten that tor is ready. */
	loop_until(&t->loop, has_published, s);
	side_say(s, c, 2, 10, 2);
	side_wait_replies(s, 2);
	assert_ok(s->replies[1]);
	/* Number 1 was never used: no gap. */
	assert_int_equal(side_messages(runtime_store(s->runtime), c), 1);
	side_stop(s);
	kit_open(&s->kit);
	assert_int_equal(side_messages(s->kit.store, c), 1);
}

/* What is stored of messages and of little else, made something else. */
static void damage(struct kit *k)
{
	size_t n, i;
	uint8_t *p = kit_slurp(k->path, &n);

	for (i = n / 2; i < n; i += 64)
		p[i] ^= 0x55;
	kit_spill(k->path, p, n);
	free(p);
}

static bool is_broken(void *arg)
{
	return ((struct side *)arg)->broken_count > 0;
}

static void a_damaged_database_stops_the_user(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);
	uint32_t i;

	side_start(s, false);
	for (i = 1; i <= 200; i++)
		side_say(s, c, i, 4000, i);
	side_wait_replies(s, 200);
	side_stop(s);
	damage(&s->kit);
	kit_open(&s->kit);
	side_start(s, false); /* all are marked as waiting again */
	loop_until(&t->loop, is_broken, s);
	assert_err(s->broken_err, ERR_CORRUPT);
	side_say(s, c, 999, 10, 999);
	assert_int_equal(s->reply_count, 201);
	assert_err(s->replies[200], ERR_IO);
	assert_false(runtime_is_online(s->runtime, c));
	assert_int_equal(s->broken_count, 1);
}

static void what_is_pending_is_kept_at_the_end(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct uid c = lonely(s);

	side_start(s, false);
	side_say(s, c, 1, 10, 1);
	side_stop(s);
	assert_int_equal(s->reply_count, 0);
	kit_open(&s->kit);
	assert_int_equal(side_messages(s->kit.store, c), 1);
}

/* --- two of them ---------------------------------------------------------- */

struct talk {
	struct side *to;
	struct uid contact;
	unsigned count;
};

static bool has_come(void *arg)
{
	const struct talk *talk = arg;

	return side_messages(runtime_store(talk->to->runtime), talk->contact) >=
	       talk->count;
}

static void two_talk(void **state)
{
	struct two *t = *state;
	struct uid theirs, c;
	struct talk talk;
	uint32_t i;

	side_start(&t->a, true);
	side_start(&t->b, true);
	c = side_pair(&t->a, &theirs);
	assert_int_equal(t->a.online_count, 1);
	for (i = 1; i <= 100; i++)
		side_say(&t->a, c, i, 1000, i);
	talk = (struct talk){&t->b, theirs, 100};
	loop_until(&t->loop, has_come, &talk);
	/* The disk fails while more is on its way: nothing of that is
	 * acknowledged, and all of it comes again. */
	for (i = 101; i <= 150; i++)
		side_say(&t->a, c, i, 1000, i);
	side_wait_replies(&t->a, t->a.reply_count + 50);
	set_disk(false);
	side_say(&t->b, theirs, 900, 5000, 900);
	side_wait_replies(&t->b, t->b.reply_count + 1);
	assert_err(t->b.replies[t->b.reply_count - 1], ERR_NO_SPACE);
	set_disk(true);
	talk.count = 150;
	loop_until(&t->loop, has_come, &talk);
	assert_int_equal(side_messages(runtime_store(t->b.runtime), theirs),
			 150);
	assert_int_equal(t->a.broken_count + t->b.broken_count, 0);
}

/* The open files of a database, and what they were before. */
static struct {
	int fd[4], saved[4];
	size_t count;
} taken;

static bool is_of(const struct kit *k, const char *fd_name)
{
	char link[300], target[128] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%s", fd_name);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return false;
	return strcmp(target, k->path) == 0 || strcmp(target, k->wal) == 0;
}

/* From now on no read and no write of the database succeeds. */
static void take_disk(struct side *s)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	s->at_online = NULL;
	while ((e = readdir(d))) {
		if (!is_of(&s->kit, e->d_name))
			continue;
		assert_true(taken.count < 4);
		taken.fd[taken.count] = atoi(e->d_name);
		taken.saved[taken.count] = dup(taken.fd[taken.count]);
		dup2(dirfd(d), taken.fd[taken.count]);
		taken.count++;
	}
	closedir(d);
}

static void give_disk_back(struct side *s)
{
	(void)s;
	while (taken.count > 0) {
		taken.count--;
		dup2(taken.saved[taken.count], taken.fd[taken.count]);
		close(taken.saved[taken.count]);
	}
}

/* Rows that cannot be read are not rows that are not there: of those the
 * node would think that the disk went back, or never ask for them again. */
static void an_outbox_that_cannot_be_read(void **state)
{
	struct two *t = *state;
	struct uid theirs, c;
	struct talk talk;
	uint32_t i;

	side_start(&t->a, true);
	side_start(&t->b, true);
	c = side_pair(&t->a, &theirs);
	side_stop(&t->b);
	/* More than the database keeps in memory. */
	for (i = 1; i <= 400; i++)
		side_say(&t->a, c, i, 8000, i);
	side_wait_replies(&t->a, 401);
	assert_int_equal(t->a.drop_count, 0);
	t->a.at_online = take_disk;
	t->a.at_drop = give_disk_back;
	kit_open(&t->b.kit);
	side_start(&t->b, true);
	talk = (struct talk){&t->b, theirs, 400};
	loop_until(&t->loop, has_come, &talk);
	assert_int_equal(t->a.drop_count, 1);
	assert_int_equal(t->a.broken_count, 0);
	t->a.at_drop = NULL;
}

/* --- what the node asks of the shell beside messages ------------------- */

static struct uid pair_up(struct two *t, struct uid *theirs)
{
	side_start(&t->a, true);
	side_start(&t->b, true);
	return side_pair(&t->a, theirs);
}

static void tell(struct side *s, struct event *ev)
{
	unsigned replies = s->reply_count;

	ev->cmd = 77;
	runtime_step(s->runtime, ev);
	side_wait_replies(s, replies + 1);
	assert_ok(s->replies[replies]);
}

static bool is_typing(void *arg)
{
	return ((struct side *)arg)->is_typing;
}

static void typing_is_told(void **state)
{
	struct two *t = *state;
	struct uid theirs, c = pair_up(t, &theirs);
	struct event set = {.type = EV_CMD_CONTACT_SET};
	struct event ev = {.type = EV_CMD_TYPING};

	ev.typing.contact_id = c;
	ev.typing.on = true;
	tell(&t->a, &ev);
	loop_settle(&t->loop);
	assert_int_equal(t->b.typing_count, 0);
	set.contact_set.contact_id = c;
	set.contact_set.fields = CONTACT_TYPING;
	set.contact_set.typing = CHOICE_ON;
	tell(&t->a, &set);
	tell(&t->a, &ev);
	loop_until(&t->loop, is_typing, &t->b);
	assert_int_equal(t->a.typing_count, 0);
}

static bool was_paused_and_resumed(void *arg)
{
	const struct side *s = arg;

	return s->pause_count > 0 && s->paused_link == 0;
}

static void a_flood_is_paused(void **state)
{
	struct two *t = *state;
	struct uid theirs, c;
	struct talk talk;
	uint32_t i;

	/* It must take a machine two seconds to make 30 no flood. */
	t->b.limits.messages_per_s = 10;
	t->b.limits.messages_burst = 10;
	c = pair_up(t, &theirs);
	for (i = 1; i <= 30; i++)
		side_say(&t->a, c, i, 100, i);
	talk = (struct talk){&t->b, theirs, 30};
	loop_until(&t->loop, has_come, &talk);
	loop_until(&t->loop, was_paused_and_resumed, &t->b);
	assert_int_equal(t->a.pause_count, 0);
}

/* HOSTILE D-09: of who was blocked or removed, tor keeps no key. */
static void keys_are_forgotten(void **state)
{
	struct two *t = *state;
	struct uid theirs, c = pair_up(t, &theirs), request = kit_uid('r', 1);
	struct event set = {.type = EV_CMD_CONTACT_SET};
	struct event gone = {.type = EV_CMD_CONTACT_DELETE, .target = theirs};

	/* The invite has been used. */
	assert_int_equal(t->b.forget_count, 1);
	assert_memory_equal(&t->b.forgotten, &request, sizeof(request));
	assert_int_equal(t->a.forget_count, 0);
	set.contact_set.contact_id = c;
	set.contact_set.fields = CONTACT_NOTE;
	tell(&t->a, &set);
	assert_int_equal(t->a.forget_count, 0);
	set.contact_set.fields = CONTACT_BLOCKED;
	set.contact_set.blocked = true;
	tell(&t->a, &set);
	assert_true(t->a.forget_count > 0);
	assert_memory_equal(&t->a.forgotten, &c, sizeof(c));
	tell(&t->b, &gone);
	assert_int_equal(t->b.forget_count, 2);
	assert_memory_equal(&t->b.forgotten, &theirs, sizeof(theirs));
}

static bool take_state(void *ctx, const struct message_info *m)
{
	*(enum message_state *)ctx = m->row.state;
	return true;
}

static bool has_failed(void *arg)
{
	enum message_state state = MESSAGE_QUEUED;
	struct side *s = arg;

	assert_ok(query_message(runtime_store(s->runtime), kit_uid('m', 1),
				take_state, &state));
	return state == MESSAGE_FAILED;
}

/* Sends with a deadline so many ms ahead; false: it was over before the
 * command was looked at, on a machine that had other things to do. */
static bool say_within(struct side *s, struct event *ev, uint64_t ms)
{
	unsigned replies = s->reply_count;

	ev->cmd = 77;
	ev->send.deadline_ms = clock_wall_ms() + ms;
	runtime_step(s->runtime, ev);
	side_wait_replies(s, replies + 1);
	return s->replies[replies] == OK;
}

static void a_deadline_passes(void **state)
{
	struct two *t = *state;
	struct side *s = &t->a;
	struct event ev = {.type = EV_CMD_SEND};
	uint64_t ms = 300;

	ev.send.contact_id = lonely(s);
	ev.send.message_id = kit_uid('m', 1);
	ev.send.client_id = kit_uid('k', 1);
	ev.send.text = bytes_of("soon", 4);
	side_start(s, false);
	while (!say_within(s, &ev, ms))
		ms *= 2;
	loop_until(&t->loop, has_failed, s);
	assert_true(clock_wall_ms() >= ev.send.deadline_ms);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_reply_means_durable),
	    T(all_of_a_turn_is_one_commit),
	    T(a_batch_has_a_limit),
	    T(a_wrong_command_is_answered),
	    T(after_a_refused_commit_nothing_was_done),
	    T(the_state_is_read_again),
	    T(a_damaged_database_stops_the_user),
	    T(what_is_pending_is_kept_at_the_end),
	    T(two_talk),
	    T(an_outbox_that_cannot_be_read),
	    T(typing_is_told),
	    T(a_flood_is_paused),
	    T(keys_are_forgotten),
	    T(a_deadline_passes),
	};

	return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
