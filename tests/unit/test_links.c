/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A user's services, dials and streams, between a tor that is a few lines
 * and a node that only takes notes.
 */
#include "tests/unit/tor_world.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <sodium.h>

#include "core/onion.h"
#include "links.h"
#include "net/listener.h"
#include "net/stream.h"
#include "tests/unit/way_kit.h"
#include "util/mem.h"

enum { EVENTS_MAX = 64, DIALS_MAX = 4 };

/* One dial, as tor's SOCKS port sees it. */
struct dialled {
	struct bench *bench;
	struct stream *stream;
	char pass[64];
	size_t bytes;
};

struct bench {
	struct world w;
	struct links_net net;
	struct links *links;
	struct listener *socks;
	char socks_path[108], cell_dir[108];
	struct dialled dials[DIALS_MAX];
	unsigned dial_count, login_count;
	/* what the node was told */
	enum event_type events[EVENTS_MAX];
	unsigned event_count;
	uint64_t link; /* of the last one */
	size_t bytes;
	enum event_type wanted;
};

static void on_step(void *ctx, struct event *ev)
{
	struct bench *b = ctx;

	assert_true(b->event_count < EVENTS_MAX);
	b->events[b->event_count++] = ev->type;
	b->link = ev->link.id;
	if (ev->type == EV_LINK_BYTES)
		b->bytes += ev->link.bytes.n;
}

static unsigned told(const struct bench *b, enum event_type type)
{
	unsigned i, n = 0;

	for (i = 0; i < b->event_count; i++)
		n += b->events[i] == type;
	return n;
}

static bool is_told(void *arg)
{
	const struct bench *b = arg;

	return told(b, b->wanted) > 0;
}

static void wait_for(struct bench *b, enum event_type type)
{
	b->wanted = type;
	loop_until(&b->w.l, is_told, b);
}

/* Greeting, then user name and password; that is all we want to see. */
static void on_socks(void *arg, struct stream *s, enum stream_event ev,
		     struct bytes data)
{
	static const uint8_t by_password[] = {5, 2};
	struct dialled *d = arg;

	if (ev != STREAM_DATA)
		return;
	d->bytes += data.n;
	if (data.p[0] == 5) {
		assert_ok(stream_write(s, bytes_of(by_password, 2)));
		return;
	}
	assert_true(data.n > 8 && data.p[1] == 5);
	assert_memory_equal(data.p + 2, "umbel", 5);
	assert_true(data.p[7] < sizeof(d->pass));
	memcpy(d->pass, data.p + 8, data.p[7]);
	d->bench->login_count++;
}

static void on_socks_accept(void *arg, int fd)
{
	struct bench *b = arg;
	struct dialled *d = &b->dials[b->dial_count];
	const struct stream_handler h = {on_socks, d};

	assert_true(b->dial_count < DIALS_MAX);
	b->dial_count++;
	d->bench = b;
	d->stream = stream_new(b->w.l.base, fd, h, 4096);
}

static int start(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	const struct listener_handler h = {on_socks_accept, b};
	const struct links_ports ports = {b, on_step};

	world_init(&b->w);
	world_open(&b->w, 0);
	loop_until(&b->w.l, world_is_ready, &b->w);
	loop_path(&b->w.l, "socks", b->socks_path);
	loop_path(&b->w.l, "c", b->cell_dir);
	assert_int_equal(mkdir(b->cell_dir, 0700), 0);
	assert_ok(listener_new(b->w.l.base, b->socks_path, 0600, h, &b->socks));
	b->net = (struct links_net){.base = b->w.l.base,
				    .control = b->w.c,
				    .way = way_to_path(b->socks_path),
				    .cell_dir = b->cell_dir,
				    .socket_mode = 0600,
				    .retry_ms = 1};
	b->links = links_new(&b->net, &ports);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;
	unsigned i;

	links_free(b->links);
	loop_settle(&b->w.l);
	for (i = 0; i < b->dial_count; i++)
		stream_free(b->dials[i].stream);
	listener_free(b->socks);
	rmdir(b->cell_dir);
	world_clear(&b->w);
	free(b);
	return 0;
}

/* A service whose key is made from n; the fake tor says its name. */
static struct effect service(struct bench *b, enum service_kind kind, uint8_t n,
			     char reply[128])
{
	struct effect e = {.type = FX_PUBLISH};
	char name[ONION_NAME + 1];
	struct onion_pk pk;

	e.publish.service.kind = kind;
	e.publish.service.owner.b[0] = n;
	memset(&e.publish.onion, n, sizeof(e.publish.onion));
	e.publish.has_auth = kind != SERVICE_DOOR;
	memset(&e.publish.auth, 9, sizeof(e.publish.auth));
	onion_public(&e.publish.onion, &pk);
	onion_name_encode(&pk, name);
	snprintf(reply, 128, "250-ServiceID=%s\r\n250 OK\r\n", name);
	b->w.tor.add_reply = reply;
	return e;
}

static bool has_been_added(void *arg)
{
	return ((struct bench *)arg)->w.tor.adds > 0;
}

static void a_cell_is_for_one(void **state)
{
	struct bench *b = *state;
	char reply[128];
	struct effect e = service(b, SERVICE_CELL, 1, reply);

	links_publish(b->links, &e);
	loop_until(&b->w.l, has_been_added, b);
	assert_non_null(strstr(b->w.tor.last_add, "V3Auth"));
	assert_non_null(strstr(b->w.tor.last_add, "ClientAuthV3="));
	assert_non_null(strstr(b->w.tor.last_add, "MaxStreams=8"));
	assert_null(strstr(b->w.tor.last_add, "PoWDefensesEnabled"));
	/* Once is enough. */
	links_publish(b->links, &e);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.adds, 1);
	links_unpublish(b->links, e.publish.service);
	links_unpublish(b->links, e.publish.service);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.dels, 1);
}

static void a_door_is_for_all(void **state)
{
	struct bench *b = *state;
	char reply[128];
	struct effect e = service(b, SERVICE_DOOR, 0, reply);

	links_publish(b->links, &e);
	loop_until(&b->w.l, has_been_added, b);
	assert_non_null(strstr(b->w.tor.last_add, "PoWDefensesEnabled=1"));
	assert_non_null(strstr(b->w.tor.last_add, "MaxStreams=2"));
	assert_null(strstr(b->w.tor.last_add, "V3Auth"));
	assert_null(strstr(b->w.tor.last_add, "ClientAuthV3="));
}

/* Not only when tor comes back. */
static void a_service_that_fails_is_tried_again(void **state)
{
	struct bench *b = *state;
	char reply[128];
	struct effect e = service(b, SERVICE_CELL, 1, reply);
	int i;

	assert_int_equal(rmdir(b->cell_dir), 0);
	links_publish(b->links, &e);
	for (i = 0; i < 3; i++)
		loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.adds, 0);
	assert_int_equal(mkdir(b->cell_dir, 0700), 0);
	loop_until(&b->w.l, has_been_added, b);
	links_unpublish(b->links, e.publish.service);
}

static struct effect dial(uint64_t link, uint8_t isolation, bool has_auth)
{
	struct effect e = {.type = FX_DIAL};
	struct onion_seed seed = {{isolation}};

	e.dial.link = link;
	onion_public(&seed, &e.dial.onion);
	e.dial.has_auth = has_auth;
	memset(&e.dial.auth, 3, sizeof(e.dial.auth));
	e.dial.isolation.b[0] = e.dial.peer.b[0] = isolation;
	return e;
}

static bool has_three_logins(void *arg)
{
	return ((struct bench *)arg)->login_count == 3;
}

/* HOSTILE D-11: no two contacts share a circuit. */
static void circuits_are_apart(void **state)
{
	struct bench *b = *state;
	struct effect x = dial(1, 1, true), y = dial(3, 2, true),
		      again = dial(5, 1, true);

	links_dial(b->links, &x);
	links_dial(b->links, &y);
	links_dial(b->links, &again);
	loop_until(&b->w.l, has_three_logins, b);
	assert_int_equal(strlen(b->dials[0].pass), 32);
	/* In whatever order they came: two are the same, one is not. */
	assert_int_equal((strcmp(b->dials[0].pass, b->dials[1].pass) == 0) +
			     (strcmp(b->dials[0].pass, b->dials[2].pass) == 0) +
			     (strcmp(b->dials[1].pass, b->dials[2].pass) == 0),
			 1);
}

static bool has_logged_in(void *arg)
{
	return ((struct bench *)arg)->login_count > 0;
}

static void a_door_needs_no_key(void **state)
{
	struct bench *b = *state;
	struct effect e = dial(1, 1, false);

	links_dial(b->links, &e);
	assert_int_equal(b->event_count, 0);
	loop_until(&b->w.l, has_logged_in, b);
	assert_int_equal(b->w.tor.auth_adds, 0);
	links_hangup(b->links, 1);
	links_forget(b->links, e.dial.peer);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 0);
	assert_int_equal(b->event_count, 0);
}

/* HOSTILE D-09: who is removed leaves no key in tor. */
static void keys_are_taken_back(void **state)
{
	struct bench *b = *state;
	struct effect x = dial(1, 1, true), y = dial(3, 2, true);

	links_dial(b->links, &x);
	loop_until(&b->w.l, has_logged_in, b);
	assert_int_equal(b->w.tor.auth_adds, 1);
	links_hangup(b->links, 1);
	links_forget(b->links, y.dial.peer);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 0);
	links_forget(b->links, x.dial.peer);
	links_forget(b->links, x.dial.peer);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 1);
	/* Given again, should he be dialled again; and gone with the user. */
	x.dial.link = 5;
	links_dial(b->links, &x);
	links_dial(b->links, &y);
	b->login_count = 0;
	loop_until(&b->w.l, has_logged_in, b);
	assert_int_equal(b->w.tor.auth_adds, 3);
	links_free(b->links);
	b->links = NULL;
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 3);
}

/* However often he is dialled, and by whatever circuits. */
static void one_key_for_one_peer(void **state)
{
	struct bench *b = *state;
	struct effect e = dial(1, 1, true);
	uint64_t i;

	for (i = 0; i < 20; i++) {
		e.dial.link = 1 + 2 * i;
		e.dial.isolation.b[1] = (uint8_t)i;
		links_dial(b->links, &e);
		links_hangup(b->links, e.dial.link);
	}
	links_forget(b->links, e.dial.peer);
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 1);
	links_free(b->links);
	b->links = NULL;
	loop_settle(&b->w.l);
	assert_int_equal(b->w.tor.auth_removes, 1);
}

/* A stream that came in on a service of ours; its other end. */
static int come_in(struct bench *b)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char reply[128];
	struct effect e = service(b, SERVICE_CELL, 1, reply);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	links_publish(b->links, &e);
	loop_until(&b->w.l, has_been_added, b);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.90s/1", b->cell_dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	wait_for(b, EV_LINK_IN);
	return fd;
}

static bool has_thousand(void *arg)
{
	return ((struct bench *)arg)->bytes == 1000;
}

static void a_paused_link_is_not_read(void **state)
{
	struct bench *b = *state;
	char bytes[500] = {0};
	int fd = come_in(b);
	uint64_t link = b->link;

	assert_int_equal(write(fd, bytes, 500), 500);
	wait_for(b, EV_LINK_BYTES);
	links_pause(b->links, link, true);
	links_pause(b->links, 999, true);
	assert_int_equal(write(fd, bytes, 500), 500);
	loop_settle(&b->w.l);
	assert_int_equal(b->bytes, 500);
	/* It can be written to all the same. */
	links_send(b->links, link, bytes_of(bytes, 100));
	assert_int_equal(read(fd, bytes, 500), 100);
	links_pause(b->links, link, false);
	loop_until(&b->w.l, has_thousand, b);
	close(fd);
	wait_for(b, EV_LINK_DOWN);
}

static void what_tor_has_is_told(void **state)
{
	static uint8_t bytes[512 * 1024];
	struct bench *b = *state;
	int fd = come_in(b);
	size_t left = sizeof(bytes);

	links_send(b->links, b->link, bytes_of(bytes, 100));
	assert_int_equal(told(b, EV_LINK_DRAINED), 1);
	assert_int_equal(read(fd, bytes, 100), 100);
	links_send(b->links, b->link, bytes_of(bytes, sizeof(bytes)));
	assert_int_equal(told(b, EV_LINK_DRAINED), 1);
	while (left > 0) {
		ssize_t n = read(fd, bytes, left);

		assert_true(n > 0);
		left -= (size_t)n;
		loop_settle(&b->w.l);
	}
	assert_int_equal(told(b, EV_LINK_DRAINED), 2);
	close(fd);
	wait_for(b, EV_LINK_DOWN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_cell_is_for_one),
	    T(a_door_is_for_all),
	    T(a_service_that_fails_is_tried_again),
	    T(circuits_are_apart),
	    T(a_door_needs_no_key),
	    T(keys_are_taken_back),
	    T(one_key_for_one_peer),
	    T(a_paused_link_is_not_read),
	    T(what_tor_has_is_told),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
