/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control_rule.h"

#include <stddef.h>
#include <string.h>

#include "tor/onion.h"
#include "util/mem.h"

#define HEX_64	      64
#define BASE64_64     88 /* characters for 64 bytes */
#define BASE64_32     44
#define BASE32_32     52
#define STREAMS_CHARS 5
#define CELL_CHARS    16

#define DIGITS	"0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool take(struct bytes *in, const char *text)
{
	size_t n = strlen(text);

	if (in->n < n || memcmp(in->p, text, n) != 0)
		return false;
	*in = bytes_of(in->p + n, in->n - n);
	return true;
}

/* From one to max characters out of these. */
static bool take_some(struct bytes *in, const char *these, size_t max)
{
	size_t n = 0;

	while (n < in->n && in->p[n] != '\0' && strchr(these, in->p[n]))
		n++;
	if (n == 0 || n > max)
		return false;
	*in = bytes_of(in->p + n, in->n - n);
	return true;
}

static bool take_hex(struct bytes *in)
{
	return take_some(in, DIGITS "abcdefABCDEF", HEX_64);
}

static bool take_base64(struct bytes *in, size_t max)
{
	return take_some(in, DIGITS LETTERS CAPITAL "+/=", max);
}

static bool take_onion(struct bytes *in)
{
	return take_some(in, DIGITS LETTERS, ONION_NAME);
}

static bool take_client(struct bytes *in)
{
	return take(in, " ClientAuthV3=") &&
	       take_some(in, DIGITS CAPITAL, BASE32_32);
}

static bool take_service(struct bytes *in, const char *cells)
{
	bool has_client;

	if (!take(in, "ED25519-V3:") || !take_base64(in, BASE64_64) ||
	    !take(in, " Flags=DiscardPK,MaxStreamsCloseCircuit"))
		return false;
	has_client = take(in, ",V3Auth");
	if (!take(in, " MaxStreams=") || !take_some(in, DIGITS, STREAMS_CHARS))
		return false;
	(void)take(in, " PoWDefensesEnabled=1");
	if (!take(in, " Port=1,unix:") || !take(in, cells) || !take(in, "/") ||
	    !take_some(in, DIGITS LETTERS, CELL_CHARS))
		return false;
	return !has_client ||
	       (take_client(in) && (in->n == 0 || take_client(in)));
}

static bool is_fixed(struct bytes line)
{
	static const char *const lines[] = {
	    "PROTOCOLINFO 1",
	    "AUTHENTICATE", /* of what asks for no cookie */
	    "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC CONF_CHANGED "
	    "NETWORK_LIVENESS",
	    "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC CONF_CHANGED "
	    "NETWORK_LIVENESS GUARD",
	    "GETINFO status/bootstrap-phase",
	    "SIGNAL NEWNYM",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (line.n == strlen(lines[i]) &&
		    memcmp(line.p, lines[i], line.n) == 0)
			return true;
	return false;
}

bool control_rule_allows(struct bytes line, const char *cells)
{
	bool is_fine;

	if (is_fixed(line))
		return true;
	if (take(&line, "AUTHCHALLENGE SAFECOOKIE ") ||
	    take(&line, "AUTHENTICATE "))
		is_fine = take_hex(&line);
	else if (take(&line, "ADD_ONION "))
		is_fine = take_service(&line, cells);
	else if (take(&line, "DEL_ONION ") || take(&line, "HSFETCH ") ||
		 take(&line, "ONION_CLIENT_AUTH_REMOVE "))
		is_fine = take_onion(&line);
	else if (take(&line, "ONION_CLIENT_AUTH_ADD "))
		is_fine = take_onion(&line) && take(&line, " x25519:") &&
			  take_base64(&line, BASE64_32);
	else
		return false;
	return is_fine && line.n == 0;
}
