/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control_msg.h"

#include <string.h>

#include <sodium.h>

#include "util/text.h"

#define PERCENT_MAX 100

static bool is_ok(const struct control_reply *r)
{
	return r->code == 250;
}

/* One word of its own at the front of a line. */
static enum err take_keyword(struct bytes *in, struct bytes *out)
{
	struct control_word w;
	enum err e = control_take_word(in, &w);

	if (e != OK || w.has_value)
		return ERR_SYNTAX;
	*out = w.key;
	return OK;
}

/* Finds KEY=value among the words of a line. */
static enum err find_value(struct bytes line, const char *key,
			   struct control_word *out)
{
	struct control_word w;
	enum err e;

	while ((e = control_take_word(&line, &w)) == OK)
		if (w.has_value && control_is_word(w.key, key)) {
			*out = w;
			return OK;
		}
	return e;
}

static bool list_has(struct bytes list, const char *item)
{
	size_t n = strlen(item), at = 0, i;

	for (i = 0; i <= list.n; i++) {
		if (i < list.n && list.p[i] != ',')
			continue;
		if (i - at == n && memcmp(list.p + at, item, n) == 0)
			return true;
		at = i + 1;
	}
	return false;
}

static enum err read_version(struct bytes line,
			     struct control_protocolinfo *out)
{
	struct control_word w;
	enum err e = find_value(line, "Tor", &w);

	if (e != OK || !w.is_quoted)
		return ERR_SYNTAX;
	control_get_text(&w, out->version_text, sizeof(out->version_text));
	return tor_version_parse(w.value, &out->version);
}

enum err control_read_protocolinfo(const struct control_reply *r,
				   struct control_protocolinfo *out)
{
	struct control_protocolinfo info = {0};
	bool has_version = false;
	size_t i;

	if (!is_ok(r))
		return ERR_STATE;
	for (i = 0; i + 1 < r->count; i++) {
		struct bytes line = r->lines[i].text, key;
		struct control_word w;
		enum err e = take_keyword(&line, &key);

		if (e == OK && control_is_word(key, "AUTH")) {
			e = find_value(line, "METHODS", &w);
			if (e == OK)
				info.has_safecookie =
				    list_has(w.value, "SAFECOOKIE");
		} else if (e == OK && control_is_word(key, "VERSION")) {
			e = read_version(line, &info);
			has_version = true;
		}
		if (e != OK)
			return ERR_SYNTAX;
	}
	if (!has_version)
		return ERR_SYNTAX;
	*out = info;
	return OK;
}

/* Upper-case hex, as tor writes it; either case is taken. */
static enum err read_hex(const struct control_word *w, uint8_t *out, size_t n)
{
	size_t len;

	if (w->is_quoted || w->value.n != 2 * n ||
	    sodium_hex2bin(out, n, (const char *)w->value.p, w->value.n, NULL,
			   &len, NULL) != 0 ||
	    len != n)
		return ERR_SYNTAX;
	return OK;
}

enum err control_read_challenge(const struct control_reply *r,
				struct control_challenge *out)
{
	struct control_challenge c;
	struct control_word hash, nonce;
	struct bytes line = r->lines[0].text, key;

	if (!is_ok(r) || r->count != 1)
		return ERR_STATE;
	if (take_keyword(&line, &key) != OK ||
	    !control_is_word(key, "AUTHCHALLENGE") ||
	    find_value(line, "SERVERHASH", &hash) != OK ||
	    find_value(line, "SERVERNONCE", &nonce) != OK ||
	    read_hex(&hash, c.server_hash, sizeof(c.server_hash)) != OK ||
	    read_hex(&nonce, c.server_nonce, sizeof(c.server_nonce)) != OK)
		return ERR_SYNTAX;
	*out = c;
	return OK;
}

void control_cookie_hash(enum control_side sender,
			 const uint8_t cookie[CONTROL_COOKIE_BYTES],
			 const uint8_t client_nonce[CONTROL_NONCE_BYTES],
			 const uint8_t server_nonce[CONTROL_NONCE_BYTES],
			 uint8_t out[CONTROL_HASH_BYTES])
{
	static const char server[] = "Tor safe cookie authentication "
				     "server-to-controller hash";
	static const char client[] = "Tor safe cookie authentication "
				     "controller-to-server hash";
	const char *key = sender == CONTROL_SERVER ? server : client;
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, (const uint8_t *)key, strlen(key));
	crypto_auth_hmacsha256_update(&st, cookie, CONTROL_COOKIE_BYTES);
	crypto_auth_hmacsha256_update(&st, client_nonce, CONTROL_NONCE_BYTES);
	crypto_auth_hmacsha256_update(&st, server_nonce, CONTROL_NONCE_BYTES);
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof(st));
}

/* "PROGRESS=n TAG=t SUMMARY="s" [WARNING="w"]", behind the severity and
 * the word BOOTSTRAP. */
static enum err read_bootstrap(struct bytes line, struct control_bootstrap *out)
{
	struct control_bootstrap b = {0};
	struct control_word w;
	int64_t percent;

	if (find_value(line, "PROGRESS", &w) != OK ||
	    control_get_number(w.value, false, &percent) != OK ||
	    percent > PERCENT_MAX)
		return ERR_SYNTAX;
	b.percent = (unsigned)percent;
	if (find_value(line, "TAG", &w) != OK)
		return ERR_SYNTAX;
	control_get_text(&w, b.tag, sizeof(b.tag));
	if (find_value(line, "SUMMARY", &w) != OK)
		return ERR_SYNTAX;
	control_get_text(&w, b.summary, sizeof(b.summary));
	if (find_value(line, "WARNING", &w) == OK)
		control_get_text(&w, b.warning, sizeof(b.warning));
	*out = b;
	return OK;
}

enum err control_read_phase(const struct control_reply *r,
			    struct control_bootstrap *out)
{
	static const char head[] = "status/bootstrap-phase=";
	size_t n = sizeof(head) - 1;
	struct bytes line = r->lines[0].text, key;

	if (!is_ok(r))
		return ERR_STATE;
	if (r->count != 2 || line.n < n || memcmp(line.p, head, n) != 0)
		return ERR_SYNTAX;
	line = bytes_of(line.p + n, line.n - n);
	if (take_keyword(&line, &key) != OK || /* the severity */
	    take_keyword(&line, &key) != OK ||
	    !control_is_word(key, "BOOTSTRAP"))
		return ERR_SYNTAX;
	return read_bootstrap(line, out);
}

static enum err read_onion(struct bytes b, char out[ONION_NAME + 1])
{
	if (!onion_name_is_valid((const char *)b.p, b.n, NULL))
		return ERR_SYNTAX;
	memcpy(out, b.p, ONION_NAME);
	out[ONION_NAME] = '\0';
	return OK;
}

enum err control_read_service_id(const struct control_reply *r,
				 char out[ONION_NAME + 1])
{
	char onion[ONION_NAME + 1] = "";
	size_t i;

	if (!is_ok(r))
		return ERR_STATE;
	for (i = 0; i + 1 < r->count; i++) {
		struct bytes line = r->lines[i].text;
		struct control_word w;

		if (control_take_word(&line, &w) != OK || line.n > 0 ||
		    control_is_word(w.key, "PrivateKey"))
			return ERR_SYNTAX;
		if (!control_is_word(w.key, "ServiceID"))
			continue;
		if (onion[0] || w.is_quoted || read_onion(w.value, onion) != OK)
			return ERR_SYNTAX;
	}
	if (!onion[0])
		return ERR_SYNTAX;
	memcpy(out, onion, sizeof(onion));
	return OK;
}

static enum err read_clock_skew(struct bytes line, struct control_event *out)
{
	struct control_word w;

	out->kind = EVENT_CLOCK_SKEW;
	if (find_value(line, "SKEW", &w) != OK)
		return ERR_SYNTAX;
	return control_get_number(w.value, true, &out->clock_skew_s);
}

static enum err read_status_event(struct bytes line, struct control_event *out)
{
	struct bytes key;

	if (take_keyword(&line, &key) != OK || /* the severity */
	    take_keyword(&line, &key) != OK)
		return ERR_SYNTAX;
	if (control_is_word(key, "BOOTSTRAP")) {
		out->kind = EVENT_BOOTSTRAP;
		return read_bootstrap(line, &out->bootstrap);
	}
	if (control_is_word(key, "CLOCK_SKEW"))
		return read_clock_skew(line, out);
	if (control_is_word(key, "CLOCK_JUMPED"))
		out->kind = EVENT_CLOCK_JUMPED;
	out->has_circuits = control_is_word(key, "CIRCUIT_ESTABLISHED");
	if (out->has_circuits ||
	    control_is_word(key, "CIRCUIT_NOT_ESTABLISHED"))
		out->kind = EVENT_CIRCUITS;
	return OK;
}

/* FAILED also tells of downloads; only these come from uploads. */
static bool is_upload_reason(const struct control_word *w)
{
	return control_is_word(w->value, "UPLOAD_REJECTED") ||
	       control_is_word(w->value, "UNEXPECTED");
}

/* Action, address, authentication type, directory, then optional words. */
static enum err read_desc_event(struct bytes line, struct control_event *out)
{
	struct bytes action, onion;
	struct control_word w;

	if (take_keyword(&line, &action) != OK ||
	    take_keyword(&line, &onion) != OK)
		return ERR_SYNTAX;
	if (control_is_word(action, "UPLOAD"))
		out->kind = EVENT_DESC_UPLOAD;
	else if (control_is_word(action, "UPLOADED"))
		out->kind = EVENT_DESC_UPLOADED;
	else if (control_is_word(action, "RECEIVED"))
		out->kind = EVENT_DESC_RECEIVED;
	else if (control_is_word(action, "FAILED") &&
		 find_value(line, "REASON", &w) == OK)
		out->kind = is_upload_reason(&w) ? EVENT_DESC_REFUSED
						 : EVENT_DESC_MISSED;
	else
		return OK;
	if (out->kind == EVENT_DESC_REFUSED || out->kind == EVENT_DESC_MISSED)
		control_get_text(&w, out->reason, sizeof(out->reason));
	/* "UNKNOWN", or a word of a future version, is nothing of ours. */
	if (read_onion(onion, out->onion) != OK)
		out->kind = EVENT_OTHER;
	return OK;
}

/* "ENTRY" and a name, which the broker has made unreadable. */
static enum err read_guard_event(struct bytes line, struct control_event *out)
{
	struct bytes key;
	int i;

	for (i = 0; i < 3; i++)
		if (take_keyword(&line, &key) != OK)
			return ERR_SYNTAX;
	if (control_is_word(key, "DOWN"))
		out->kind = EVENT_GUARD_DOWN;
	else if (control_is_word(key, "UP"))
		out->kind = EVENT_GUARD_UP;
	return OK;
}

enum err control_read_event(const struct control_reply *r,
			    struct control_event *out)
{
	struct control_event ev = {.kind = EVENT_OTHER};
	struct bytes line = r->lines[0].text, key;
	enum err e = OK;

	if (r->code != CONTROL_CODE_EVENT)
		return ERR_STATE;
	if (take_keyword(&line, &key) != OK)
		return ERR_SYNTAX;
	if (control_is_word(key, "STATUS_CLIENT") ||
	    control_is_word(key, "STATUS_GENERAL"))
		e = read_status_event(line, &ev);
	else if (control_is_word(key, "HS_DESC"))
		e = read_desc_event(line, &ev);
	else if (control_is_word(key, "GUARD"))
		e = read_guard_event(line, &ev);
	else if (control_is_word(key, "CONF_CHANGED"))
		ev.kind = EVENT_CONF_CHANGED;
	else if (control_is_word(key, "NETWORK_LIVENESS") &&
		 take_keyword(&line, &key) == OK && control_is_word(key, "UP"))
		ev.kind = EVENT_NETWORK_UP;
	if (e == OK)
		*out = ev;
	return e;
}

static enum err put(struct buf *out, const char *s)
{
	return buf_put(out, s, strlen(s));
}

enum err control_put_line(struct buf *out, const char *line)
{
	enum err e = put(out, line);

	return e == OK ? put(out, "\r\n") : e;
}

/* Lines are made of these pieces, one after the other. */
static enum err put_all(struct buf *out, const char *const *parts)
{
	enum err e = OK;

	while (e == OK && *parts)
		e = put(out, *parts++);
	return e == OK ? put(out, "\r\n") : e;
}

enum err control_put_authchallenge(struct buf *out,
				   const uint8_t nonce[CONTROL_NONCE_BYTES])
{
	char hex[2 * CONTROL_NONCE_BYTES + 1];
	const char *const parts[] = {"AUTHCHALLENGE SAFECOOKIE ", hex, NULL};

	hex_encode(nonce, CONTROL_NONCE_BYTES, hex);
	return put_all(out, parts);
}

enum err control_put_authenticate(struct buf *out,
				  const uint8_t hash[CONTROL_HASH_BYTES])
{
	char hex[2 * CONTROL_HASH_BYTES + 1];
	const char *const parts[] = {"AUTHENTICATE ", hex, NULL};

	hex_encode(hash, CONTROL_HASH_BYTES, hex);
	return put_all(out, parts);
}

static void put_number(unsigned v, char out[11])
{
	char rev[10];
	size_t n = 0, i;

	do {
		rev[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	for (i = 0; i < n; i++)
		out[i] = rev[n - 1 - i];
	out[n] = '\0';
}

/* control-spec 3.27 writes base32 in upper case. */
static void encode_client(const uint8_t pk[X25519_KEY_BYTES], char *out)
{
	base32_encode(pk, X25519_KEY_BYTES, out);
	for (; *out; out++)
		if (*out >= 'a' && *out <= 'z')
			*out = (char)(*out - 'a' + 'A');
}

#define B64 sodium_base64_VARIANT_ORIGINAL

enum err control_put_add_onion(struct buf *out, const struct onion_service *s)
{
	char key[sodium_base64_ENCODED_LEN(ONION_KEY_BYTES, B64)];
	char client[BASE32_LEN(X25519_KEY_BYTES) + 1] = "";
	char own[sizeof(client)] = "", streams[11];
	bool has_own = s->has_client && s->has_test;
	const char *const parts[] = {
	    "ADD_ONION ED25519-V3:",
	    key,
	    " Flags=DiscardPK,MaxStreamsCloseCircuit",
	    s->has_client ? ",V3Auth" : "",
	    " MaxStreams=",
	    streams,
	    s->has_pow ? " PoWDefensesEnabled=1" : "",
	    " Port=1,unix:",
	    s->target,
	    s->has_client ? " ClientAuthV3=" : "",
	    client,
	    has_own ? " ClientAuthV3=" : "",
	    own,
	    NULL,
	};
	enum err e;

	sodium_bin2base64(key, sizeof(key), s->key, ONION_KEY_BYTES, B64);
	put_number(s->max_streams, streams);
	if (s->has_client)
		encode_client(s->client_pk, client);
	if (has_own)
		encode_client(s->test_pk, own);
	e = put_all(out, parts);
	sodium_memzero(key, sizeof(key));
	return e;
}

enum err control_put_del_onion(struct buf *out, const char *onion)
{
	const char *const parts[] = {"DEL_ONION ", onion, NULL};

	return put_all(out, parts);
}

enum err control_put_look_up(struct buf *out, const char *onion)
{
	const char *const parts[] = {"HSFETCH ", onion, NULL};

	return put_all(out, parts);
}

enum err control_put_client_auth_add(struct buf *out, const char *onion,
				     const uint8_t key[X25519_KEY_BYTES])
{
	char b64[sodium_base64_ENCODED_LEN(X25519_KEY_BYTES, B64)];
	const char *const parts[] = {"ONION_CLIENT_AUTH_ADD ", onion,
				     " x25519:", b64, NULL};
	enum err e;

	sodium_bin2base64(b64, sizeof(b64), key, X25519_KEY_BYTES, B64);
	e = put_all(out, parts);
	sodium_memzero(b64, sizeof(b64));
	return e;
}

enum err control_put_client_auth_remove(struct buf *out, const char *onion)
{
	const char *const parts[] = {"ONION_CLIENT_AUTH_REMOVE ", onion, NULL};

	return put_all(out, parts);
}
