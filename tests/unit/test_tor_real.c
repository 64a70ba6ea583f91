/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The control connection and the real tor, its network switched off: what
 * the fake one takes for granted.  Skipped without a tor that is new enough.
 */
#include "tests/unit/check.h"
#include "tests/unit/loop.h"

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <sodium.h>

#include "tests/unit/way_kit.h"
#include "tor/control.h"
#include "tor/torrc.h"
#include "tor/version.h"
#include "util/file.h"
#include "util/log.h"

#define SERVICES 2
#define AUTHS	 3

/* SHA-512 of "umbel test 0" and of "umbel test 1", clamped. */
static const char *const names[SERVICES] = {
    "ybrlsyazsupdxyzbseoo4t7o33ndzrukfz53a3bmgga4ajhga6kmz3qd",
    "jcfkbkw4dlaxcmvgwry37cthz7dchdw6nako2eakcxum2p5kbhzlepad",
};

struct world {
	struct loop l;
	char run[48], data[48], torrc[48], control[108], cookie[108];
	pid_t pid;
	struct control *c;
	struct tor_status st;
	unsigned failed, rival_failed, done_count;
};

static void on_status(void *arg, const struct tor_status *st)
{
	struct world *w = arg;

	w->st = *st;
}

static void on_service(void *arg, uint64_t id, enum service_event ev,
		       const char *reason)
{
	struct world *w = arg;

	(void)id;
	if (ev == SERVICE_FAILED)
		w->failed++;
	if (ev == SERVICE_FAILED)
		print_message("failed: %s\n", reason);
}

static void on_rival_status(void *arg, const struct tor_status *st)
{
	(void)arg;
	(void)st;
}

static void on_rival_service(void *arg, uint64_t id, enum service_event ev,
			     const char *reason)
{
	struct world *w = arg;

	(void)id;
	assert_int_equal(ev, SERVICE_FAILED);
	assert_non_null(strstr(reason, "same name"));
	w->rival_failed++;
}

static bool has_tor(void)
{
	char line[128] = "";
	struct tor_version v;
	FILE *f = popen(TOR_PATH " --version 2>/dev/null", "r");
	bool is_fine = f && fgets(line, sizeof(line), f);

	if (f)
		pclose(f);
	line[strcspn(line, "\n")] = '\0';
	return is_fine &&
	       tor_version_parse(bytes_of(line, strlen(line)), &v) == OK &&
	       tor_version_is_enough(&v);
}

static void start_tor(struct world *w)
{
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid > 0)
		return;
	/* Nothing is left behind, whatever becomes of the test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open("/dev/null", O_WRONLY), 2);
	dup2(2, 1);
	execl(TOR_PATH, "tor", "--defaults-torrc", "/dev/null", "-f", w->torrc,
	      (char *)NULL);
	_exit(127);
}

static void kill_tor(struct world *w)
{
	kill(w->pid, SIGKILL);
	assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
}

static void write_torrc(struct world *w)
{
	static const char extra[] = "DisableNetwork 1";
	/* Tor takes what we let through, or it would not start. */
	static const struct bridges bridges = {
	    .use = true,
	    .count = 2,
	    .lines = {"192.0.2.1:443 4352E58420E68F5E40BF7C74FADDCCD9D1349413",
		      "[2001:db8::1]:9001"}};
	struct torrc_config cfg = {w->data, w->run, getpid(),
				   bytes_of(extra, strlen(extra)), &bridges};
	char why[TORRC_WHY];
	struct buf b;

	buf_init(&b, 8192);
	assert_ok(torrc_put(&b, &cfg, why));
	assert_ok(file_replace(w->torrc, b.data, b.len, 0600));
	buf_clear(&b);
}

static struct control *connect_to(const struct world *w,
				  const struct control_handler *h)
{
	struct control_config cfg = {
	    .way = way_to_path(w->control),
	    .cookie_path = w->cookie,
	    .cookie_uid = geteuid(),
	};

	return control_new(w->l.base, &cfg, h);
}

static void world_init(struct world *w)
{
	struct control_handler h = {
	    .arg = w, .status = on_status, .service = on_service};

	memset(w, 0, sizeof(*w));
	log_start("test", LOG_LEVEL_ERROR);
	loop_init(&w->l);
	snprintf(w->run, sizeof(w->run), "%s/r", w->l.dir);
	snprintf(w->data, sizeof(w->data), "%s/d", w->l.dir);
	snprintf(w->torrc, sizeof(w->torrc), "%s/torrc", w->l.dir);
	assert_ok(file_make_dir(w->run));
	assert_ok(file_make_dir(w->data));
	write_torrc(w);
	snprintf(w->control, sizeof(w->control), "%s/" TORRC_CONTROL, w->run);
	snprintf(w->cookie, sizeof(w->cookie), "%s/" TORRC_COOKIE, w->run);
	w->c = connect_to(w, &h);
}

static void world_clear(struct world *w)
{
	char *command = xasprintf("rm -rf %s %s %s", w->run, w->data, w->torrc);

	control_free(w->c);
	kill_tor(w);
	assert_int_equal(system(command), 0);
	free(command);
	loop_clear(&w->l);
}

static bool is_up(void *arg)
{
	struct world *w = arg;

	return w->st.state == TOR_BOOTSTRAPPING;
}

static bool is_stopped(void *arg)
{
	struct world *w = arg;

	return w->st.state == TOR_STOPPED;
}

static bool is_done(void *arg)
{
	struct world *w = arg;

	return w->done_count == AUTHS;
}

static bool has_rival_failed(void *arg)
{
	struct world *w = arg;

	return w->rival_failed == SERVICES;
}

static void ask_next(struct world *w);

static void on_done(void *arg, enum err e)
{
	struct world *w = arg;

	assert_ok(e);
	if (++w->done_count < AUTHS)
		ask_next(w);
}

/* Each key replaces the one before. */
static void ask_next(struct world *w)
{
	struct client_auth_handler h = {on_done, w};
	uint8_t key[X25519_KEY_BYTES] = {(uint8_t)(w->done_count + 1)};

	control_add_client_auth(w->c, names[0], key, h);
}

static void make_spec(struct world *w, struct onion_service *s, unsigned i)
{
	char seed[32];

	memset(s, 0, sizeof(*s));
	snprintf(seed, sizeof(seed), "umbel test %u", i);
	crypto_hash_sha512(s->key, (const uint8_t *)seed, strlen(seed));
	s->key[0] &= 248;
	s->key[31] = (uint8_t)((s->key[31] & 63) | 64);
	memcpy(s->onion, names[i], sizeof(s->onion));
	snprintf(s->target, sizeof(s->target), "%s/%u", w->run, i);
	s->max_streams = 8;
	s->has_client = i == 0;
	s->has_pow = i == 1;
	memset(s->client_pk, 5, sizeof(s->client_pk));
}

static void publish_all(struct world *w, struct control *c)
{
	struct onion_service s;
	unsigned i;

	for (i = 0; i < SERVICES; i++) {
		make_spec(w, &s, i);
		assert_ok(control_publish(c, i, &s));
	}
}

/* By the end of the chain every ADD_ONION that was due has been answered;
 * then a rival finds that each of the names is taken, and not by him. */
static void expect_services(struct world *w)
{
	struct control_handler h = {
	    .arg = w, .status = on_rival_status, .service = on_rival_service};
	struct control *rival;

	w->done_count = w->rival_failed = 0;
	ask_next(w);
	loop_until(&w->l, is_done, w);
	rival = connect_to(w, &h);
	publish_all(w, rival);
	loop_until(&w->l, has_rival_failed, w);
	control_free(rival);
	assert_int_equal(w->failed, 0);
}

static void works_with_the_real_tor(void **state)
{
	struct world w;

	(void)state;
	if (!has_tor())
		skip();
	world_init(&w);
	publish_all(&w, w.c);
	start_tor(&w);
	loop_until(&w.l, is_up, &w);
	assert_string_equal(w.st.tag, "starting");
	assert_true(strlen(w.st.version) > 6);
	expect_services(&w);
	kill_tor(&w);
	loop_until(&w.l, is_stopped, &w);
	start_tor(&w);
	loop_until(&w.l, is_up, &w);
	expect_services(&w);
	world_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(works_with_the_real_tor),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
