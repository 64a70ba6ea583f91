/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/bridges.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FINGERPRINT_TEXT = 40, ADDRESS_TEXT_MAX = 47 };

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Tor takes a C identifier for a transport's name. */
static bool is_name(struct bytes word)
{
	size_t i;

	if (word.n == 0 || word.n > TRANSPORT_NAME_MAX || is_digit(word.p[0]))
		return false;
	for (i = 0; i < word.n; i++)
		if (!is_letter(word.p[i]) && !is_digit(word.p[i]) &&
		    word.p[i] != '_')
			return false;
	return true;
}

/* Up to one of the separators, which goes too; empty at the end. */
static struct bytes take_word(struct bytes *rest, const char *separators)
{
	size_t n = 0;
	struct bytes word;

	/* A NUL is none, though strchr() finds it. */
	while (n < rest->n &&
	       (rest->p[n] == '\0' || !strchr(separators, rest->p[n])))
		n++;
	word = bytes_of(rest->p, n);
	if (n < rest->n)
		n++;
	*rest = bytes_of(rest->p + n, rest->n - n);
	return word;
}

static bool knows(const struct transports *t, struct bytes name)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strlen(t->names[i]) == name.n &&
		    memcmp(t->names[i], name.p, name.n) == 0)
			return true;
	return false;
}

static void add_name(struct transports *t, struct bytes name)
{
	if (!is_name(name) || t->count == TRANSPORTS_MAX || knows(t, name))
		return;
	memset(t->names[t->count], 0, sizeof(t->names[0]));
	memcpy(t->names[t->count++], name.p, name.n);
}

static void skip_space(struct bytes *line)
{
	while (line->n > 0 && is_space(line->p[0]))
		*line = bytes_of(line->p + 1, line->n - 1);
}

/* "ClientTransportPlugin NAME[,NAME]... ", in any case, and with the '+' that
 * adds to what was said before: leaves what is behind the names. */
static bool take_plugin(struct bytes *line, struct bytes *names)
{
	static const char option[] = "ClientTransportPlugin";
	struct bytes word;

	skip_space(line);
	if (line->n > 0 && line->p[0] == '+')
		*line = bytes_of(line->p + 1, line->n - 1);
	word = take_word(line, " \t");
	if (word.n != sizeof(option) - 1 ||
	    strncasecmp((const char *)word.p, option, word.n) != 0)
		return false;
	skip_space(line);
	*names = take_word(line, " \t");
	return true;
}

static void read_plugin(struct bytes line, struct transports *out)
{
	struct bytes names;

	if (!take_plugin(&line, &names))
		return;
	while (names.n > 0)
		add_name(out, take_word(&names, ","));
}

bool transports_next_program(struct bytes *lines, struct bytes *path)
{
	struct bytes line, names, how;

	while (lines->n > 0) {
		line = take_word(lines, "\n");
		if (!take_plugin(&line, &names))
			continue;
		skip_space(&line);
		how = take_word(&line, " \t");
		skip_space(&line);
		*path = take_word(&line, " \t\r");
		if (how.n == 4 &&
		    strncasecmp((const char *)how.p, "exec", 4) == 0)
			return true;
	}
	return false;
}

void transports_read(struct bytes lines, struct transports *out)
{
	out->count = 0;
	while (lines.n > 0)
		read_plugin(take_word(&lines, "\n"), out);
}

size_t transports_encode(const struct transports *t,
			 char out[TRANSPORTS_TEXT_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < t->count; i++) {
		if (i > 0)
			out[n++] = ' ';
		memcpy(out + n, t->names[i], strlen(t->names[i]));
		n += strlen(t->names[i]);
	}
	return n;
}

void transports_decode(struct bytes text, struct transports *out)
{
	out->count = 0;
	while (text.n > 0)
		add_name(out, take_word(&text, " "));
}

static bool is_port(const char *text)
{
	unsigned port = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (!is_digit((uint8_t)text[i]) || i >= 5)
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX;
}

/* 1.2.3.4:443 or [2001:db8::1]:443. */
static bool is_address(struct bytes word)
{
	char text[ADDRESS_TEXT_MAX + 7], *host = text, *end;
	uint8_t binary[16];
	bool is_v6;

	if (word.n >= sizeof(text))
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	is_v6 = text[0] == '[';
	end = is_v6 ? strstr(text, "]:") : strchr(text, ':');
	if (!end || !is_port(end + 1 + is_v6))
		return false;
	*end = '\0';
	host += is_v6;
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, host, binary) == 1;
}

static bool is_fingerprint(struct bytes word)
{
	size_t i;

	if (word.n != FINGERPRINT_TEXT)
		return false;
	for (i = 0; i < word.n; i++)
		if (!is_digit(word.p[i]) &&
		    !(is_letter(word.p[i]) && (word.p[i] | 0x20) <= 'f'))
			return false;
	return true;
}

static bool is_argument(struct bytes word)
{
	const uint8_t *eq = memchr(word.p, '=', word.n);

	return eq && eq > word.p;
}

/* Printable ASCII, one space between words, and nothing that tor reads as the
 * beginning of a comment or a quotation. */
static bool is_plain(struct bytes line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] < ' ' || line.p[i] > '~' ||
		    strchr("\"'#\\", line.p[i]) ||
		    (line.p[i] == ' ' &&
		     (i == 0 || i + 1 == line.n || line.p[i + 1] == ' ')))
			return false;
	return true;
}

const char *bridge_check(struct bytes line, const struct transports *known)
{
	bool has_transport = false;
	struct bytes word;

	if (line.n == 0 || line.n > BRIDGE_LINE_MAX)
		return "expected 1 to 500 bytes";
	if (!is_plain(line))
		return "expected ASCII words without quotes and #";
	word = take_word(&line, " ");
	if (is_name(word)) {
		has_transport = true;
		if (!knows(known, word))
			return "umbel.conf does not allow this transport";
		word = take_word(&line, " ");
	}
	if (!is_address(word))
		return "expected ADDRESS:PORT, the address in numbers";
	word = take_word(&line, " ");
	if (is_fingerprint(word))
		word = take_word(&line, " ");
	for (; word.n > 0; word = take_word(&line, " "))
		if (!has_transport || !is_argument(word))
			return has_transport
				   ? "expected 40 hex digits, or KEY=VALUE"
				   : "expected 40 hex digits and no more";
	return NULL;
}

struct bytes bridge_take_line(struct bytes *text)
{
	static const char word[] = "Bridge";
	struct bytes line = take_word(text, "\n"), rest;

	skip_space(&line);
	while (line.n > 0 && is_space(line.p[line.n - 1]))
		line.n--;
	if (line.n > 0 && line.p[0] == '#')
		return bytes_of(line.p, 0);
	rest = line;
	if (take_word(&rest, " \t").n == sizeof(word) - 1 &&
	    strncasecmp((const char *)line.p, word, sizeof(word) - 1) == 0) {
		skip_space(&rest);
		return rest;
	}
	return line;
}

size_t bridges_encode(const struct bridges *b, char out[BRIDGES_TEXT_MAX])
{
	size_t i, n;

	n = (size_t)snprintf(out, BRIDGES_TEXT_MAX, "use %d\n", b->use);
	for (i = 0; i < b->count; i++)
		n += (size_t)snprintf(out + n, BRIDGES_TEXT_MAX - n, "%s\n",
				      b->lines[i]);
	return n;
}

static enum err take_line(struct bytes line, const struct transports *known,
			  struct bridges *out, const char **why)
{
	*why = bridge_check(line, known);
	if (!*why && out->count == BRIDGES_MAX)
		*why = "expected at most 32 bridges";
	if (*why)
		return ERR_SYNTAX;
	memcpy(out->lines[out->count++], line.p, line.n);
	return OK;
}

enum err bridges_decode(struct bytes text, const struct transports *known,
			struct bridges *out, const char **why)
{
	struct bytes head;
	enum err e = OK;

	memset(out, 0, sizeof(*out));
	*why = "expected \"use 0\" or \"use 1\" and lines";
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		return ERR_SYNTAX;
	head = take_word(&text, "\n");
	if (head.n != 5 || memcmp(head.p, "use ", 4) != 0 ||
	    (head.p[4] != '0' && head.p[4] != '1'))
		return ERR_SYNTAX;
	out->use = head.p[4] == '1';
	while (e == OK && text.n > 0)
		e = take_line(take_word(&text, "\n"), known, out, why);
	if (e == OK && out->use && out->count == 0) {
		*why = "expected a bridge to use";
		e = ERR_SYNTAX;
	}
	return e;
}
