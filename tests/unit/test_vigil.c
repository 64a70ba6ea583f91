/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vigil.h"

#define WATCHDOG_MS 8000
#define HANG_MS	    (WATCHDOG_MS / 2)
#define ASK_MS	    (HANG_MS / 4)

/* Two children that are ready, and a service manager. */
struct night {
	struct vigil v;
	struct child core, httpd;
	struct notify notify;
	int ends[2]; /* of the core's channel, of the manager's socket */
};

static const struct supervise_child plan = {.name = "a child"};

static int channel(int *end, int type)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair), 0);
	*end = pair[1];
	return pair[0];
}

static int set_up(void **state)
{
	struct night *n = xcalloc(1, sizeof(*n));

	vigil_init(&n->v, WATCHDOG_MS);
	child_init(&n->core, &plan, NULL, true);
	child_init(&n->httpd, &plan, NULL, true);
	n->core.ctl = channel(&n->ends[0], SOCK_SEQPACKET);
	n->core.pid = n->httpd.pid = getpid();
	n->core.is_ready = n->httpd.is_ready = true;
	n->notify.fd = channel(&n->ends[1], SOCK_DGRAM);
	vigil_saw(&n->core, 1000);
	vigil_saw(&n->httpd, 1000);
	*state = n;
	return 0;
}

static int tear_down(void **state)
{
	struct night *n = *state;

	child_close_ctl(&n->core);
	notify_close(&n->notify);
	close(n->ends[0]);
	close(n->ends[1]);
	free(n);
	return 0;
}

static bool is_asked(const struct night *n)
{
	char letter[8];

	return recv(n->ends[0], letter, sizeof(letter), 0) == 1 &&
	       letter[0] == VIGIL_ASK[0];
}

static bool is_petted(struct night *n, uint64_t now_ms)
{
	char text[32] = "";

	vigil_pet(&n->v, &n->core, &n->httpd, &n->notify, now_ms);
	return recv(n->ends[1], text, sizeof(text) - 1, 0) > 0 &&
	       strcmp(text, "WATCHDOG=1") == 0;
}

static void asks_in_time_and_once(void **state)
{
	struct night *n = *state;

	assert_false(vigil_ask(&n->v, &n->core, 1000 + ASK_MS - 1));
	assert_false(is_asked(n));
	assert_int_equal(vigil_next(&n->v, &n->core), 0); /* to pet */
	assert_false(vigil_ask(&n->v, &n->core, 1000 + ASK_MS));
	assert_true(is_asked(n));
	assert_false(vigil_ask(&n->v, &n->core, 1000 + ASK_MS + 1));
	assert_false(is_asked(n));
}

static void hangs_without_an_answer(void **state)
{
	struct night *n = *state;

	assert_false(vigil_ask(&n->v, &n->core, 1000 + ASK_MS));
	assert_false(vigil_ask(&n->v, &n->core, 1000 + HANG_MS - 1));
	assert_true(vigil_ask(&n->v, &n->core, 1000 + HANG_MS));
	vigil_saw(&n->core, 1000 + HANG_MS);
	assert_false(vigil_ask(&n->v, &n->core, 1000 + HANG_MS + 1));
}

/* What does not serve yet, or is about to be killed, is not asked. */
static void asks_nobody_else(void **state)
{
	struct night *n = *state;

	n->core.is_ready = false;
	n->core.started_ms = 999999;
	assert_false(vigil_ask(&n->v, &n->core, 1000000));
	n->core.pid = -1; /* a unit on its way */
	assert_false(vigil_ask(&n->v, &n->core, 2000000));
	n->core.pid = getpid();
	n->core.is_ready = true;
	n->core.kill_ms = 5;
	assert_false(vigil_ask(&n->v, &n->core, 1000000));
	assert_false(is_asked(n));
}

static void hangs_if_it_is_never_ready(void **state)
{
	struct night *n = *state;

	vigil_init(&n->v, 0);
	n->core.is_ready = false;
	n->core.started_ms = 1000;
	assert_int_equal(vigil_next(&n->v, &n->core), 121000);
	assert_false(vigil_ask(&n->v, &n->core, 120999));
	assert_true(vigil_ask(&n->v, &n->core, 121000));
	assert_false(is_asked(n));
}

/* A machine that was frozen: nobody can have answered meanwhile. */
static void forgives_what_was_frozen(void **state)
{
	struct night *n = *state;
	uint64_t now_ms = 1000 + ASK_MS;

	vigil_turn(&n->v, now_ms);
	assert_false(vigil_ask(&n->v, &n->core, now_ms));
	now_ms += 3600000;
	vigil_turn(&n->v, now_ms);
	assert_false(vigil_ask(&n->v, &n->core, now_ms));
	now_ms += HANG_MS - ASK_MS;
	n->v.turn_ms = now_ms - 1;
	vigil_turn(&n->v, now_ms);
	assert_true(vigil_ask(&n->v, &n->core, now_ms));
}

static void pets_while_both_live(void **state)
{
	struct night *n = *state;
	uint64_t now_ms = 1001;

	assert_true(is_petted(n, now_ms));
	assert_false(is_petted(n, now_ms + WATCHDOG_MS / 4 - 1));
	now_ms = 1000 + HANG_MS - 1;
	assert_true(is_petted(n, now_ms));
	/* Only one of them has answered since. */
	vigil_saw(&n->httpd, now_ms);
	now_ms += WATCHDOG_MS / 4;
	assert_false(is_petted(n, now_ms));
	vigil_saw(&n->core, now_ms);
	now_ms += WATCHDOG_MS / 4;
	vigil_saw(&n->httpd, now_ms - 1);
	assert_true(is_petted(n, now_ms));
}

static void no_watchdog_no_pets(void **state)
{
	struct night *n = *state;

	vigil_init(&n->v, 0);
	assert_false(is_petted(n, 1001));
	/* Who hangs is killed all the same, after a minute. */
	assert_int_equal(vigil_next(&n->v, &n->core), 1000 + 15000);
	assert_false(vigil_ask(&n->v, &n->core, 16000));
	assert_false(vigil_ask(&n->v, &n->core, 60999));
	assert_true(vigil_ask(&n->v, &n->core, 61000));
}

#define NIGHT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    NIGHT(asks_in_time_and_once),      NIGHT(hangs_without_an_answer),
	    NIGHT(asks_nobody_else),	       NIGHT(forgives_what_was_frozen),
	    NIGHT(pets_while_both_live),       NIGHT(no_watchdog_no_pets),
	    NIGHT(hangs_if_it_is_never_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
