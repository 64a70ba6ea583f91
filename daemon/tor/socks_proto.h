/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socks_proto - the client's side of SOCKS5 (RFC 1928, 1929), pure.
 *
 * Always offers user name and password, tor's handle for keeping streams on
 * circuits of their own, and asks for one onion name.  Says how many bytes
 * it needs next, so that not one byte of the stream behind is read.
 */
#ifndef TOR_SOCKS_PROTO_H
#define TOR_SOCKS_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tor/onion.h"
#include "util/buf.h"
#include "util/err.h"

/* What became of a dial.  The X'Fn' codes are tor's (tor(1), SocksPort,
 * ExtendedErrors). */
enum dial_result {
	DIAL_OK,
	DIAL_NO_TOR,	    /* tor's SOCKS socket cannot be reached */
	DIAL_TIMEOUT,	    /* our own limit */
	DIAL_BROKEN,	    /* closed early, or not SOCKS5 */
	DIAL_FAILED,	    /* 01: general; also: the target refused */
	DIAL_NOT_ALLOWED,   /* 02 */
	DIAL_NET_DOWN,	    /* 03 */
	DIAL_UNREACHABLE,   /* 04 */
	DIAL_REFUSED,	    /* 05: no such port there */
	DIAL_EXPIRED,	    /* 06: tor gave up */
	DIAL_UNSUPPORTED,   /* 07, 08 */
	DIAL_NO_DESC,	    /* F0: never published, or gone */
	DIAL_BAD_DESC,	    /* F1 */
	DIAL_INTRO_FAILED,  /* F2: published, not there any more */
	DIAL_REND_FAILED,   /* F3 */
	DIAL_NO_KEY,	    /* F4: needs client authorisation */
	DIAL_WRONG_KEY,	    /* F5: our client authorisation is not taken */
	DIAL_BAD_NAME,	    /* F6: not an onion name */
	DIAL_INTRO_TIMEOUT, /* F7 */
	DIAL_UNKNOWN,	    /* any other code */
};

/* A sentence part for a person; never NULL. */
const char *dial_result_str(enum dial_result r);
enum dial_result dial_result_of_code(uint8_t code);

/* RFC 1929 counts each in one byte, and neither may be empty. */
#define SOCKS_CREDENTIAL_MAX 255
/* Greeting, then the longest of what we send. */
#define SOCKS_OUT_MAX 1024

struct socks_request {
	const char *onion; /* ONION_NAME characters, without ".onion" */
	uint16_t port;
	const char *user, *pass;
};

enum socks_phase {
	SOCKS_METHOD,
	SOCKS_AUTH,
	SOCKS_HEAD,
	SOCKS_NAME, /* the length of a name in place of an address */
	SOCKS_ADDRESS,
	SOCKS_DONE,
	SOCKS_BAD,
};

struct socks {
	enum socks_phase phase;
	enum dial_result result; /* in SOCKS_DONE and SOCKS_BAD */
	struct socks_request req;
	uint8_t in[4];
	size_t have, need;
};

/* Puts the greeting into out (room for SOCKS_OUT_MAX in all).  req and its
 * strings are borrowed.  ERR_RANGE for a name that is none, or for
 * credentials of a wrong length or that tor reads as commands. */
enum err socks_init(struct socks *s, const struct socks_request *req,
		    struct buf *out) MUST_CHECK;
/* How many bytes to read next, at most; 0 when done or broken. */
size_t socks_need(const struct socks *s);
/* Takes what it needs from *in and moves *in behind that; puts what is to
 * be sent into out.  Ends in SOCKS_DONE or SOCKS_BAD. */
void socks_step(struct socks *s, struct bytes *in, struct buf *out);

#endif
