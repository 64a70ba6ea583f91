/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The core's end of the channels to umbel-hooks and umbel-webhooks.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "check.h"
#include "courier.h"
#include "outlet_kit.h"

static const struct api_hook log_hook[] = {
    {.name = "log", .types = 1u << JOURNAL_MESSAGE_RECEIVED}};

/* A world whose parcels go nowhere, and a courier whose other end is ours. */
struct station {
	struct world w;
	struct event_base *base;
	struct courier *courier;
	int end;
};

static int connect_to(struct station *s, enum parcel_type type)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	courier_set_channel(s->courier, type, pair[0]);
	return pair[1];
}

static struct station *start(void)
{
	struct station *s = xcalloc(1, sizeof(*s));

	world_start_hooks(&s->w, log_hook, 1);
	s->base = event_base_new();
	s->courier = courier_new(s->base, s->w.api);
	s->end = connect_to(s, PARCEL_RUN);
	return s;
}

static void stop(struct station *s)
{
	courier_free(s->courier);
	event_base_free(s->base);
	close(s->end);
	world_end(&s->w);
	free(s);
}

static void say(struct station *s, const struct parcel *p)
{
	struct buf b;

	buf_init(&b, PARCEL_FRAME_MAX);
	assert_ok(parcel_put(&b, p));
	assert_int_equal(write(s->end, b.data, b.len), b.len);
	buf_clear(&b);
	assert_true(event_base_loop(s->base, EVLOOP_NONBLOCK) >= 0);
}

static void parcels_go_and_come(void **state)
{
	struct station *s = start();
	struct parcel p = {
	    .type = PARCEL_RUN, .id = 5, .body = bytes_of("{}", 2)};
	uint8_t got[64];
	size_t n;

	(void)state;
	assert_true(courier_deliver(s->courier, &p));
	n = (size_t)read(s->end, got, sizeof(got));
	assert_ok(parcel_take(bytes_of(got, n), &n, &p));
	assert_int_equal(p.id, 5);
	/* Nobody posts. */
	p.type = PARCEL_POST;
	assert_false(courier_deliver(s->courier, &p));
	p.type = PARCEL_DROP;
	assert_false(courier_deliver(s->courier, &p));
	/* What is no URL is not sent. */
	close(connect_to(s, PARCEL_POST));
	p = (struct parcel){.type = PARCEL_POST, .url = bytes_of("\n", 1)};
	assert_false(courier_deliver(s->courier, &p));
	world_receive(&s->w, 1, "first");
	p = (struct parcel){.type = PARCEL_END,
			    .id = last_sent(&s->w)->id,
			    .end = PARCEL_EXITED};
	say(s, &p);
	assert_int_equal(acked(&s->w, "hook:log"), newest(&s->w));
	stop(s);
}

/* It is not heard any more, and what it had comes to the next. */
static void broken(struct station *s)
{
	size_t before = s->w.sent_count;
	char c;

	assert_int_equal(read(s->end, &c, 1), 0);
	close(s->end);
	assert_int_equal(api_deadline(s->w.api), UINT64_MAX);
	s->end = connect_to(s, PARCEL_RUN);
	assert_int_equal(s->w.sent_count, before + 1);
}

static void rules_are_kept(void **state)
{
	struct station *s = start();
	const struct parcel run = {
	    .type = PARCEL_RUN, .id = 1, .body = bytes_of("{}", 2)};

	(void)state;
	world_receive(&s->w, 1, "first");
	say(s, &run);
	broken(s);
	assert_int_equal(write(s->end, "garbage", 7), 7);
	assert_true(event_base_loop(s->base, EVLOOP_NONBLOCK) >= 0);
	broken(s);
	/* And if it dies. */
	assert_int_equal(shutdown(s->end, SHUT_WR), 0);
	assert_true(event_base_loop(s->base, EVLOOP_NONBLOCK) >= 0);
	broken(s);
	stop(s);
}

/* Ids of nobody: too old, never given, none at all. */
static void unknown_ends(void **state)
{
	struct station *s = start();
	struct parcel p = {.type = PARCEL_END, .end = PARCEL_EXITED};

	(void)state;
	world_receive(&s->w, 1, "first");
	for (p.id = 0; p.id < 10; p.id++)
		if (p.id != last_sent(&s->w)->id)
			say(s, &p);
	assert_int_equal(s->w.sent_count, 1);
	get(&s->w, "/v1/hooks", 200, "\"is_running\":true,\"runs\":0");
	stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parcels_go_and_come),
	    cmocka_unit_test(rules_are_kept),
	    cmocka_unit_test(unknown_ends),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
