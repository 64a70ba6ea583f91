/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/socks_proto.h"

#include <string.h>

#define VERSION	      5
#define AUTH_VERSION  1
#define METHOD_PASS   2
#define COMMAND_OPEN  1
#define TYPE_IPV4     1
#define TYPE_NAME     3
#define TYPE_IPV6     4
#define METHOD_BYTES  2
#define AUTH_BYTES    2
#define HEAD_BYTES    4 /* version, code, reserved, address type */
#define PORT_BYTES    2
#define IPV4_BYTES    4
#define IPV6_BYTES    16
#define ONION_SUFFIX  ".onion"
#define RESERVED_HEAD "<torS0X>" /* tor(1): begins tor's own extension */

const char *dial_result_str(enum dial_result r)
{
	switch (r) {
	case DIAL_OK: return "connected";
	case DIAL_NO_TOR: return "tor cannot be reached";
	case DIAL_TIMEOUT: return "no answer in time";
	case DIAL_BROKEN: return "tor broke off the attempt";
	case DIAL_FAILED: return "tor could not connect";
	case DIAL_NOT_ALLOWED: return "tor does not allow it";
	case DIAL_NET_DOWN: return "tor has no network";
	case DIAL_UNREACHABLE: return "the onion service cannot be reached";
	case DIAL_REFUSED: return "the onion service refused the connection";
	case DIAL_EXPIRED: return "tor gave up after its own limit";
	case DIAL_UNSUPPORTED: return "tor does not support the request";
	case DIAL_NO_DESC: return "the onion service is not published";
	case DIAL_BAD_DESC: return "the onion service's descriptor is damaged";
	case DIAL_INTRO_FAILED: return "the onion service has gone away";
	case DIAL_REND_FAILED: return "no meeting point could be agreed on";
	case DIAL_NO_KEY: return "the onion service wants a key we lack";
	case DIAL_WRONG_KEY: return "the onion service does not take our key";
	case DIAL_BAD_NAME: return "not an onion service's name";
	case DIAL_INTRO_TIMEOUT: return "the onion service does not answer";
	case DIAL_UNKNOWN: return "tor answered with an unknown code";
	}
	return "unknown";
}

enum dial_result dial_result_of_code(uint8_t code)
{
	switch (code) {
	case 0x00: return DIAL_OK;
	case 0x01: return DIAL_FAILED;
	case 0x02: return DIAL_NOT_ALLOWED;
	case 0x03: return DIAL_NET_DOWN;
	case 0x04: return DIAL_UNREACHABLE;
	case 0x05: return DIAL_REFUSED;
	case 0x06: return DIAL_EXPIRED;
	case 0x07:
	case 0x08: return DIAL_UNSUPPORTED;
	case 0xf0: return DIAL_NO_DESC;
	case 0xf1: return DIAL_BAD_DESC;
	case 0xf2: return DIAL_INTRO_FAILED;
	case 0xf3: return DIAL_REND_FAILED;
	case 0xf4: return DIAL_NO_KEY;
	case 0xf5: return DIAL_WRONG_KEY;
	case 0xf6: return DIAL_BAD_NAME;
	case 0xf7: return DIAL_INTRO_TIMEOUT;
	default: return DIAL_UNKNOWN;
	}
}

static void expect(struct socks *s, enum socks_phase phase, size_t n)
{
	s->phase = phase;
	s->have = 0;
	s->need = n;
}

static void finish(struct socks *s, enum dial_result r)
{
	expect(s, r == DIAL_OK ? SOCKS_DONE : SOCKS_BAD, 0);
	s->result = r;
}

static bool is_credential(const char *text)
{
	size_t n = strlen(text);

	return n >= 1 && n <= SOCKS_CREDENTIAL_MAX &&
	       strncmp(text, RESERVED_HEAD, strlen(RESERVED_HEAD)) != 0;
}

enum err socks_init(struct socks *s, const struct socks_request *req,
		    struct buf *out)
{
	static const uint8_t greeting[] = {VERSION, 1, METHOD_PASS};

	if (!onion_name_is_valid(req->onion, strlen(req->onion), NULL) ||
	    req->port == 0 || !is_credential(req->user) ||
	    !is_credential(req->pass))
		return ERR_RANGE;
	memset(s, 0, sizeof(*s));
	s->req = *req;
	expect(s, SOCKS_METHOD, METHOD_BYTES);
	return buf_put(out, greeting, sizeof(greeting));
}

size_t socks_need(const struct socks *s)
{
	return s->need - s->have;
}

/* A byte of length, then that many bytes. */
static enum err put_counted(struct buf *out, const char *text)
{
	uint8_t n = (uint8_t)strlen(text);
	enum err e = buf_put(out, &n, 1);

	return e == OK ? buf_put(out, text, n) : e;
}

static enum err put_auth(struct buf *out, const struct socks_request *req)
{
	static const uint8_t version = AUTH_VERSION;
	enum err e = buf_put(out, &version, 1);

	if (e == OK)
		e = put_counted(out, req->user);
	return e == OK ? put_counted(out, req->pass) : e;
}

static enum err put_request(struct buf *out, const struct socks_request *req)
{
	static const uint8_t head[] = {VERSION, COMMAND_OPEN, 0, TYPE_NAME};
	const uint8_t port[] = {(uint8_t)(req->port >> 8), (uint8_t)req->port};
	char name[ONION_NAME + sizeof(ONION_SUFFIX)];
	enum err e;

	memcpy(name, req->onion, ONION_NAME);
	memcpy(name + ONION_NAME, ONION_SUFFIX, sizeof(ONION_SUFFIX));
	e = buf_put(out, head, sizeof(head));
	if (e == OK)
		e = put_counted(out, name);
	return e == OK ? buf_put(out, port, sizeof(port)) : e;
}

static void on_method(struct socks *s, struct buf *out)
{
	if (s->in[0] != VERSION || s->in[1] != METHOD_PASS ||
	    put_auth(out, &s->req) != OK)
		finish(s, DIAL_BROKEN);
	else
		expect(s, SOCKS_AUTH, AUTH_BYTES);
}

static void on_auth(struct socks *s, struct buf *out)
{
	if (s->in[0] != AUTH_VERSION || s->in[1] != 0 ||
	    put_request(out, &s->req) != OK)
		finish(s, DIAL_BROKEN);
	else
		expect(s, SOCKS_HEAD, HEAD_BYTES);
}

/* The bound address means nothing to us, but stands before the stream.  A
 * name's length comes as one more byte of the head. */
static void on_head(struct socks *s)
{
	size_t skip = PORT_BYTES;

	if (s->in[0] != VERSION || s->in[2] != 0) {
		finish(s, DIAL_BROKEN);
		return;
	}
	/* What follows a refusal does not matter, and may be missing. */
	if (s->in[1] != 0) {
		finish(s, dial_result_of_code(s->in[1]));
		return;
	}
	switch (s->in[3]) {
	case TYPE_IPV4: skip += IPV4_BYTES; break;
	case TYPE_IPV6: skip += IPV6_BYTES; break;
	case TYPE_NAME: expect(s, SOCKS_NAME, 1); return;
	default: finish(s, DIAL_BROKEN); return;
	}
	expect(s, SOCKS_ADDRESS, skip);
}

static void on_part(struct socks *s, struct buf *out)
{
	switch (s->phase) {
	case SOCKS_METHOD: on_method(s, out); return;
	case SOCKS_AUTH: on_auth(s, out); return;
	case SOCKS_HEAD: on_head(s); return;
	case SOCKS_NAME:
		expect(s, SOCKS_ADDRESS, (size_t)s->in[0] + PORT_BYTES);
		return;
	case SOCKS_ADDRESS: finish(s, DIAL_OK); return;
	case SOCKS_DONE:
	case SOCKS_BAD: return;
	}
}

void socks_step(struct socks *s, struct bytes *in, struct buf *out)
{
	while (s->have < s->need && in->n > 0) {
		/* Only the address is longer, and it is not looked at. */
		if (s->have < sizeof(s->in))
			s->in[s->have] = in->p[0];
		s->have++;
		*in = bytes_of(in->p + 1, in->n - 1);
		if (s->have == s->need)
			on_part(s, out);
	}
}
