/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fake_tor.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <sodium.h>

#include "net/listener.h"
#include "net/stream.h"
#include "tor/control_msg.h"
#include "util/text.h"

#define B64 sodium_base64_VARIANT_ORIGINAL

void fake_onion_name(const uint8_t key[64], char out[ONION_NAME + 1])
{
	uint8_t raw[35] = {0};

	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(raw, key), 0);
	raw[34] = 3;
	base32_encode(raw, sizeof(raw), out);
}

void fake_tor_cut(struct fake_tor *t)
{
	stream_free(t->conn);
	t->conn = NULL;
	t->in_len = 0;
	t->up_count = 0;
	memset(t->up, 0, sizeof(t->up));
}

void fake_tor_say(struct fake_tor *t, const char *wire)
{
	size_t n = strlen(wire);
	bool is_cut = t->cut_after && t->sent + n >= t->cut_after;

	if (!t->conn)
		return;
	if (is_cut)
		n = t->cut_after - t->sent;
	t->sent += n;
	if (stream_write(t->conn, bytes_of(wire, n)) != OK || is_cut) {
		t->cut_after = 0;
		fake_tor_cut(t);
	}
}

bool fake_tor_has(const struct fake_tor *t, const char *onion)
{
	size_t i;

	for (i = 0; i < FAKE_SERVICES; i++)
		if (strcmp(t->up[i], onion) == 0)
			return true;
	return false;
}

static void say_protocolinfo(struct fake_tor *t)
{
	char *s =
	    xasprintf("250-PROTOCOLINFO 1\r\n"
		      "250-AUTH METHODS=%s COOKIEFILE=\"%s\"\r\n"
		      "250-VERSION Tor=\"%s\"\r\n250 OK\r\n",
		      t->methods ? t->methods : "COOKIE,SAFECOOKIE",
		      "/etc/hostname", t->version ? t->version : "0.4.9.11");

	fake_tor_say(t, s);
	free(s);
}

static void say_challenge(struct fake_tor *t, const char *hex)
{
	uint8_t nonce[32], own[32], hash[32];
	char hash_hex[65], own_hex[65], *s;

	assert_ok(hex_decode(hex, strlen(hex), nonce, sizeof(nonce)));
	memset(own, 7, sizeof(own));
	control_cookie_hash(CONTROL_SERVER, t->cookie, nonce, own, hash);
	if (t->has_bad_hash)
		hash[31] ^= 1;
	hex_encode(hash, 32, hash_hex);
	hex_encode(own, 32, own_hex);
	s = xasprintf("250 AUTHCHALLENGE SERVERHASH=%s SERVERNONCE=%s\r\n",
		      hash_hex, own_hex);
	fake_tor_say(t, s);
	free(s);
}

static void tell_uploads(struct fake_tor *t, const char *onion)
{
	const char *end = t->has_refusing_dirs ? "FAILED" : "UPLOADED";
	char *s = xasprintf(
	    "650 HS_DESC UPLOAD %s UNKNOWN $AA~r d HSDIR_INDEX=00\r\n"
	    "650 HS_DESC UPLOAD %s UNKNOWN $AB~r d HSDIR_INDEX=00\r\n"
	    "650 HS_DESC %s %s UNKNOWN $AA~r%s\r\n"
	    "650 HS_DESC %s %s UNKNOWN $AB~r%s\r\n",
	    onion, onion, end, onion,
	    t->has_refusing_dirs ? " REASON=UPLOAD_REJECTED" : "", end, onion,
	    t->has_refusing_dirs ? " REASON=UPLOAD_REJECTED" : "");

	t->uploads++;
	fake_tor_say(t, s);
	free(s);
}

static void put_up(struct fake_tor *t, const char *onion)
{
	size_t i;

	for (i = 0; i < FAKE_SERVICES && t->up[i][0]; i++)
		;
	assert_true(i < FAKE_SERVICES);
	memcpy(t->up[i], onion, ONION_NAME + 1);
	if (++t->up_count > t->up_max)
		t->up_max = t->up_count;
}

static void on_add(struct fake_tor *t, const char *line)
{
	const char *from = line + strlen("ADD_ONION ED25519-V3:");
	char onion[ONION_NAME + 1], *s;
	uint8_t key[64];
	size_t n;

	t->adds++;
	snprintf(t->last_add, sizeof(t->last_add), "%.511s", line);
	assert_int_equal(sodium_base642bin(key, sizeof(key), from,
					   strcspn(from, " "), NULL, &n, NULL,
					   B64),
			 0);
	assert_int_equal(n, sizeof(key));
	fake_onion_name(key, onion);
	if (t->is_silent_on_add)
		return;
	if (t->collisions > 0 || fake_tor_has(t, onion)) {
		t->collisions -= t->collisions > 0;
		fake_tor_say(t, "550 Onion address collision\r\n");
		return;
	}
	if (t->add_reply) {
		fake_tor_say(t, t->add_reply);
		return;
	}
	put_up(t, onion);
	s = xasprintf("250-ServiceID=%s\r\n250 OK\r\n", onion);
	fake_tor_say(t, s);
	free(s);
	if (!t->never_uploads)
		tell_uploads(t, onion);
}

static void on_del(struct fake_tor *t, const char *onion)
{
	size_t i;

	t->dels++;
	for (i = 0; i < FAKE_SERVICES; i++)
		if (strcmp(t->up[i], onion) == 0) {
			t->up[i][0] = '\0';
			t->up_count--;
			fake_tor_say(t, "250 OK\r\n");
			return;
		}
	fake_tor_say(t, t->has_foreign_services
			    ? "552 Unknown Onion Service id\r\n"
			    : "250 OK\r\n");
}

static bool starts_with(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

static void on_line(struct fake_tor *t, const char *line)
{
	if (!t->first_command[0])
		snprintf(t->first_command, sizeof(t->first_command), "%.63s",
			 line);
	if (t->is_mute)
		return;
	if (starts_with(line, "PROTOCOLINFO 1")) {
		say_protocolinfo(t);
	} else if (starts_with(line, "AUTHCHALLENGE SAFECOOKIE ")) {
		say_challenge(t, strrchr(line, ' ') + 1);
	} else if (starts_with(line, "AUTHENTICATE ")) {
		t->logins++;
		fake_tor_say(t, "250 OK\r\n");
	} else if (starts_with(line, "SETEVENTS ")) {
		fake_tor_say(t, "250 OK\r\n");
	} else if (starts_with(line, "GETINFO status/bootstrap-phase")) {
		fake_tor_say(
		    t, "250-status/bootstrap-phase=NOTICE BOOTSTRAP "
		       "PROGRESS=100 TAG=done SUMMARY=\"Done\"\r\n250 OK\r\n");
	} else if (starts_with(line, "ADD_ONION ED25519-V3:")) {
		on_add(t, line);
	} else if (starts_with(line, "DEL_ONION ")) {
		on_del(t, line + strlen("DEL_ONION "));
	} else if (starts_with(line, "ONION_CLIENT_AUTH_ADD ")) {
		t->auth_adds++;
		fake_tor_say(t, "252 Registered\r\n");
	} else if (starts_with(line, "ONION_CLIENT_AUTH_REMOVE ")) {
		t->auth_removes++;
		fake_tor_say(t, "250 OK\r\n");
	} else {
		fail_msg("unknown command: %s", line);
	}
}

static void on_data(struct fake_tor *t, struct bytes data)
{
	size_t i;

	for (i = 0; i < data.n && t->conn; i++) {
		assert_true(t->in_len < sizeof(t->in) - 1);
		t->in[t->in_len++] = (char)data.p[i];
		if (data.p[i] != '\n')
			continue;
		assert_true(t->in_len >= 2);
		t->in[t->in_len - 2] = '\0'; /* CRLF */
		t->in_len = 0;
		on_line(t, t->in);
	}
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct fake_tor *t = arg;

	(void)s;
	if (ev == STREAM_DATA)
		on_data(t, data);
	else if (ev == STREAM_CLOSED || ev == STREAM_ERROR)
		fake_tor_cut(t);
}

static void on_accept(void *arg, int fd)
{
	struct fake_tor *t = arg;
	struct stream_handler h = {on_stream, t};

	assert_null(t->conn);
	t->connects++;
	t->conn = stream_new(t->l->base, fd, h, 1 << 24);
	if (t->greeting)
		fake_tor_say(t, t->greeting);
}

void fake_tor_write_cookie(struct fake_tor *t, size_t n, mode_t mode)
{
	uint8_t raw[64] = {0};
	int fd;

	unlink(t->cookie_path);
	fd = open(t->cookie_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	memcpy(raw, t->cookie, sizeof(t->cookie));
	assert_int_equal(write(fd, raw, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void fake_tor_start(struct fake_tor *t)
{
	struct listener_handler h = {on_accept, t};

	assert_ok(listener_new(t->l->base, t->control, 0600, h, &t->listener));
	randombytes_buf(t->cookie, sizeof(t->cookie));
	fake_tor_write_cookie(t, sizeof(t->cookie), 0600);
}

void fake_tor_stop(struct fake_tor *t)
{
	fake_tor_cut(t);
	listener_free(t->listener);
	t->listener = NULL;
	unlink(t->cookie_path);
}

void fake_tor_init(struct fake_tor *t, struct loop *l)
{
	memset(t, 0, sizeof(*t));
	t->l = l;
	loop_path(l, "control", t->control);
	loop_path(l, "cookie", t->cookie_path);
	fake_tor_start(t);
}

void fake_tor_clear(struct fake_tor *t)
{
	fake_tor_stop(t);
}
