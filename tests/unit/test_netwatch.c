/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In a network namespace of its own, in which the loopback interface stands
 * for any.
 */
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netwatch.h"

struct place {
	int control; /* for ioctl() */
	struct netwatch watch;
};

static bool enter_namespace(void)
{
	return unshare(CLONE_NEWNET) == 0 ||
	       unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

static int set_up(void **state)
{
	struct place *p;
	int fd;

	if (!enter_namespace())
		return 0;
	p = xcalloc(1, sizeof(*p));
	p->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	p->watch.fd = -1;
	fd = netwatch_open();
	assert_true(p->control >= 0 && fd >= 0);
	assert_true(netwatch_use(&p->watch, fd, 1));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	if (!p)
		return 0;
	netwatch_close(&p->watch);
	close(p->control);
	free(p);
	return 0;
}

static struct place *place_of(void **state)
{
	if (!*state)
		skip(); /* no namespace can be made here */
	return *state;
}

static struct sockaddr address_of(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr any;

	assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
	memcpy(&any, &in, sizeof(any));
	return any;
}

static void set_lo(struct place *p, bool up)
{
	struct ifreq r = {.ifr_name = "lo"};

	r.ifr_flags = up ? IFF_UP : 0;
	assert_int_equal(ioctl(p->control, SIOCSIFFLAGS, &r), 0);
}

/* Beside 127.0.0.1, from which nothing goes out. */
static void set_address(struct place *p, const char *text)
{
	struct ifreq r = {.ifr_name = "lo:1"};

	r.ifr_addr = address_of(text);
	assert_int_equal(ioctl(p->control, SIOCSIFADDR, &r), 0);
}

static void add_route(struct place *p, const char *to, const char *mask)
{
	char lo[] = "lo";
	struct rtentry r = {.rt_flags = RTF_UP, .rt_dev = lo};

	r.rt_dst = address_of(to);
	r.rt_genmask = address_of(mask);
	assert_int_equal(ioctl(p->control, SIOCADDRT, &r), 0);
}

static void connect_it(struct place *p, const char *address)
{
	set_lo(p, true);
	set_address(p, address);
	add_route(p, "0.0.0.0", "0.0.0.0");
}

static enum netwatch_news look(struct place *p)
{
	netwatch_read(&p->watch, 1);
	return netwatch_look(&p->watch, 1);
}

static void a_network_comes_and_goes(void **state)
{
	struct place *p = place_of(state);

	assert_int_equal(look(p), NETWATCH_GONE);
	assert_int_equal(look(p), NETWATCH_SAME);
	assert_int_equal(p->watch.due_ms, 0);
	connect_it(p, "10.0.0.1");
	netwatch_read(&p->watch, 1000);
	assert_int_equal(p->watch.due_ms, 3000);
	/* The first of many says when. */
	set_lo(p, true);
	netwatch_read(&p->watch, 2000);
	assert_int_equal(p->watch.due_ms, 3000);
	assert_int_equal(look(p), NETWATCH_BACK);
	assert_int_equal(look(p), NETWATCH_SAME);
	set_lo(p, false);
	assert_int_equal(look(p), NETWATCH_GONE);
	connect_it(p, "10.0.0.1");
	assert_int_equal(look(p), NETWATCH_BACK);
}

static void only_the_way_out_counts(void **state)
{
	struct place *p = place_of(state);

	connect_it(p, "10.0.0.1");
	assert_int_equal(look(p), NETWATCH_SAME);
	add_route(p, "10.5.5.5", "255.255.255.255");
	netwatch_read(&p->watch, 1000);
	assert_int_equal(p->watch.due_ms, 3000);
	assert_int_equal(look(p), NETWATCH_SAME);
}

static void another_address_is_another_network(void **state)
{
	struct place *p = place_of(state);

	connect_it(p, "10.0.0.1");
	assert_int_equal(look(p), NETWATCH_SAME);
	set_lo(p, false);
	connect_it(p, "10.0.0.2");
	assert_int_equal(look(p), NETWATCH_OTHER);
	assert_int_equal(look(p), NETWATCH_SAME);
}

static void set_address6(int control, int call, const char *text)
{
	struct in6_ifreq r = {.ifr6_prefixlen = 64,
			      .ifr6_ifindex = (int)if_nametoindex("lo")};

	assert_int_equal(inet_pton(AF_INET6, text, &r.ifr6_addr), 1);
	assert_int_equal(ioctl(control, call, &r), 0);
}

/* The kernel looks first whether somebody else has it, and tells of it when it
 * may be used. */
static void add_address6(struct place *p, int control, const char *text)
{
	struct pollfd told = {.fd = p->watch.fd, .events = POLLIN};
	struct sockaddr_in6 in = {.sin6_family = AF_INET6};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	set_address6(control, SIOCSIFADDR, text);
	assert_int_equal(inet_pton(AF_INET6, text, &in.sin6_addr), 1);
	while (bind(fd, (const struct sockaddr *)&in, sizeof(in)) != 0) {
		assert_int_equal(poll(&told, 1, 60000), 1);
		netwatch_read(&p->watch, 1);
	}
	close(fd);
}

/* Temporary addresses take turns, and connections from the old one go on. */
static void another_address_of_the_same_prefix_is_none(void **state)
{
	struct place *p = place_of(state);
	struct in6_rtmsg route = {.rtmsg_flags = RTF_UP, .rtmsg_metric = 1};
	int control = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control < 0)
		skip();
	set_lo(p, true);
	route.rtmsg_ifindex = (int)if_nametoindex("lo");
	add_address6(p, control, "2001:db8:0:1::1");
	assert_int_equal(ioctl(control, SIOCADDRT, &route), 0);
	assert_int_equal(look(p), NETWATCH_SAME);
	assert_true(p->watch.last.is_there);
	add_address6(p, control, "2001:db8:0:1::2");
	set_address6(control, SIOCDIFADDR, "2001:db8:0:1::1");
	assert_int_equal(look(p), NETWATCH_SAME);
	add_address6(p, control, "2001:db8:0:2::2");
	set_address6(control, SIOCDIFADDR, "2001:db8:0:1::2");
	assert_int_equal(look(p), NETWATCH_OTHER);
	close(control);
}

static void refuse(struct place *p, int fd)
{
	int was = p->watch.fd;

	assert_true(fd >= 0);
	assert_false(netwatch_use(&p->watch, fd, 1));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(p->watch.fd, was);
}

/* From a tor that was taken over. */
static void what_is_no_such_socket_is_refused(void **state)
{
	struct place *p = place_of(state);
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	refuse(p, pair[0]);
	close(pair[1]);
	refuse(p, open("/dev/zero", O_RDONLY));
	refuse(p, socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
}

static void nobody_makes_it_wait(void **state)
{
	struct place *p = place_of(state);

	assert_int_equal(fcntl(p->watch.fd, F_SETFL, 0), 0);
	netwatch_read(&p->watch, 1000);
	assert_int_equal(look(p), NETWATCH_GONE);
}

#define PLACED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLACED(a_network_comes_and_goes),
	    PLACED(only_the_way_out_counts),
	    PLACED(another_address_is_another_network),
	    PLACED(another_address_of_the_same_prefix_is_none),
	    PLACED(what_is_no_such_socket_is_refused),
	    PLACED(nobody_makes_it_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
