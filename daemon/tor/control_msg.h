/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_msg - the few replies, events and commands of the control
 * protocol that we use, as structs.  Pure.
 *
 * Commands are made from our own values alone, which control_publish() and
 * its like have checked; no part of a reply ever goes into one.
 */
#ifndef TOR_CONTROL_MSG_H
#define TOR_CONTROL_MSG_H

#include "tor/control_proto.h"
#include "tor/types.h"
#include "tor/version.h"

#define CONTROL_NONCE_BYTES  32
#define CONTROL_HASH_BYTES   32
#define CONTROL_COOKIE_BYTES 32

/* The cookie file that tor names is not even read from the reply: only the
 * configured one is ever opened. */
struct control_protocolinfo {
	bool has_safecookie;
	struct tor_version version;
	char version_text[TOR_VERSION_TEXT_MAX + 1];
};

enum err control_read_protocolinfo(const struct control_reply *r,
				   struct control_protocolinfo *out) MUST_CHECK;

struct control_challenge {
	uint8_t server_hash[CONTROL_HASH_BYTES];
	uint8_t server_nonce[CONTROL_NONCE_BYTES];
};

enum err control_read_challenge(const struct control_reply *r,
				struct control_challenge *out) MUST_CHECK;

/* The two hashes of control-spec 3.24, by who sends it. */
enum control_side { CONTROL_SERVER, CONTROL_CLIENT };
void control_cookie_hash(enum control_side sender,
			 const uint8_t cookie[CONTROL_COOKIE_BYTES],
			 const uint8_t client_nonce[CONTROL_NONCE_BYTES],
			 const uint8_t server_nonce[CONTROL_NONCE_BYTES],
			 uint8_t out[CONTROL_HASH_BYTES]);

struct control_bootstrap {
	unsigned percent;
	char tag[32];
	char summary[128];
	char warning[128]; /* empty for a NOTICE */
};

/* Of "GETINFO status/bootstrap-phase". */
enum err control_read_phase(const struct control_reply *r,
			    struct control_bootstrap *out) MUST_CHECK;

/* ServiceID= of the answer to ADD_ONION; a private key in it is an error,
 * since we asked for none. */
enum err control_read_service_id(const struct control_reply *r,
				 char out[ONION_NAME + 1]) MUST_CHECK;

enum control_event_kind {
	EVENT_OTHER,
	EVENT_BOOTSTRAP,
	EVENT_CIRCUITS, /* whether there are any that work */
	EVENT_CLOCK_SKEW,
	EVENT_CONF_CHANGED,
	EVENT_DESC_UPLOAD, /* one more directory is being asked */
	EVENT_DESC_UPLOADED,
	EVENT_DESC_REFUSED, /* an upload failed */
	EVENT_DESC_RECEIVED,
	EVENT_DESC_MISSED,  /* a download failed */
	EVENT_CLOCK_JUMPED, /* as tor saw it */
	EVENT_NETWORK_UP,   /* after it was down */
	EVENT_GUARD_DOWN,   /* one that tor wanted to use */
	EVENT_GUARD_UP,
};

struct control_event {
	enum control_event_kind kind;
	struct control_bootstrap bootstrap;
	bool has_circuits;
	int64_t clock_skew_s;
	char onion[ONION_NAME + 1];
	char reason[64];
};

/* ERR_SYNTAX if an event of a kind we know is malformed. */
enum err control_read_event(const struct control_reply *r,
			    struct control_event *out) MUST_CHECK;

/* One line each, with CRLF. */
enum err control_put_line(struct buf *out, const char *line) MUST_CHECK;
enum err control_put_authchallenge(
    struct buf *out, const uint8_t nonce[CONTROL_NONCE_BYTES]) MUST_CHECK;
enum err control_put_authenticate(
    struct buf *out, const uint8_t hash[CONTROL_HASH_BYTES]) MUST_CHECK;
enum err control_put_add_onion(struct buf *out,
			       const struct onion_service *s) MUST_CHECK;
enum err control_put_del_onion(struct buf *out, const char *onion) MUST_CHECK;
enum err control_put_client_auth_add(struct buf *out, const char *onion,
				     const uint8_t key[X25519_KEY_BYTES])
    MUST_CHECK;
enum err control_put_look_up(struct buf *out, const char *onion) MUST_CHECK;
enum err control_put_client_auth_remove(struct buf *out,
					const char *onion) MUST_CHECK;

#endif
