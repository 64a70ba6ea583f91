/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control_proto.h"

#include <string.h>

#define CODE_DIGITS 3
#define HEAD_BYTES  4 /* code and separator */
#define NUMBER_MAX  1000000000000000

struct span {
	size_t text_at, text_n;
	size_t data_at, data_n;
};

void control_parser_init(struct control_parser *p)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->line, CONTROL_LINE_MAX);
	buf_init(&p->text, CONTROL_REPLY_BYTES_MAX);
	buf_init(&p->spans, CONTROL_LINE_COUNT_MAX * sizeof(struct span));
	buf_init(&p->lines,
		 CONTROL_LINE_COUNT_MAX * sizeof(struct control_line));
}

static void forget_reply(struct control_parser *p)
{
	buf_clear(&p->text);
	buf_clear(&p->spans);
	buf_clear(&p->lines);
	p->line_count = p->reply_bytes = 0;
	p->code = 0;
	p->is_told = false;
}

void control_parser_clear(struct control_parser *p)
{
	forget_reply(p);
	buf_clear(&p->line);
}

static size_t span_count(const struct control_parser *p)
{
	return p->spans.len / sizeof(struct span);
}

/* A buffer's memory is aligned for anything. */
static struct span *span_at(const struct control_parser *p, size_t i)
{
	return (struct span *)(void *)p->spans.data + i;
}

static enum err read_code(struct bytes line, int *out)
{
	int code = 0;
	size_t i;

	if (line.n < HEAD_BYTES)
		return ERR_SYNTAX;
	for (i = 0; i < CODE_DIGITS; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return ERR_SYNTAX;
		code = code * 10 + (line.p[i] - '0');
	}
	if (code < 200 || code > 699)
		return ERR_SYNTAX;
	*out = code;
	return OK;
}

static bool is_printable(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] == 0x7f)
			return false;
	return true;
}

/* Nothing at all has been put if every line is empty. */
static struct bytes text_at(const struct control_parser *p, size_t at, size_t n)
{
	return n ? bytes_of(p->text.data + at, n) : bytes_of(NULL, 0);
}

static enum err finish(struct control_parser *p)
{
	size_t i, n = span_count(p);

	for (i = 0; i < n; i++) {
		const struct span *s = span_at(p, i);
		struct control_line line = {
		    text_at(p, s->text_at, s->text_n),
		    text_at(p, s->data_at, s->data_n),
		};
		enum err e = buf_put(&p->lines, &line, sizeof(line));

		if (e != OK)
			return e;
	}
	p->reply.code = p->code;
	p->reply.count = n;
	p->reply.lines = (const struct control_line *)(void *)p->lines.data;
	p->is_told = true;
	return OK;
}

static enum err add_line(struct control_parser *p, struct bytes text)
{
	struct span s = {p->text.len, text.n, p->text.len + text.n, 0};
	enum err e = buf_put(&p->text, text.p, text.n);

	return e == OK ? buf_put(&p->spans, &s, sizeof(s)) : e;
}

static enum err end_reply_line(struct control_parser *p, struct bytes line)
{
	int code;
	enum err e = read_code(line, &code);

	if (e != OK || (p->code != 0 && code != p->code) ||
	    !memchr(" -+", line.p[CODE_DIGITS], 3) || !is_printable(line))
		return ERR_SYNTAX;
	p->code = code;
	e = add_line(p, bytes_of(line.p + HEAD_BYTES, line.n - HEAD_BYTES));
	if (line.p[CODE_DIGITS] == '+')
		p->is_in_data = true;
	return e == OK && line.p[CODE_DIGITS] == ' ' ? finish(p) : e;
}

/* control-spec 2.3: a line that is one period ends the data; a period at
 * the start of another one has been doubled. */
static enum err end_data_line(struct control_parser *p, struct bytes line)
{
	struct span *s = span_at(p, span_count(p) - 1);
	enum err e;

	if (line.n == 1 && line.p[0] == '.') {
		p->is_in_data = false;
		return OK;
	}
	if (line.n > 0 && line.p[0] == '.')
		line = bytes_of(line.p + 1, line.n - 1);
	e = buf_put(&p->text, line.p, line.n);
	if (e == OK)
		e = buf_put(&p->text, "\n", 1);
	s->data_n = p->text.len - s->data_at;
	return e;
}

static enum err end_line(struct control_parser *p)
{
	struct bytes line = buf_view(&p->line);
	enum err e;

	if (++p->line_count > CONTROL_LINE_COUNT_MAX)
		return ERR_FULL;
	e = p->is_in_data ? end_data_line(p, line) : end_reply_line(p, line);
	p->line.len = 0;
	p->has_cr = false;
	return e;
}

/* Takes what belongs to the present line and is no line end. */
static enum err take_run(struct control_parser *p, struct bytes *in)
{
	size_t n = 0;
	enum err e;

	while (n < in->n && in->p[n] != '\r' && in->p[n] != '\n' &&
	       in->p[n] != '\0')
		n++;
	if (n > 0 && p->has_cr)
		return ERR_SYNTAX;
	p->reply_bytes += n;
	if (p->reply_bytes > CONTROL_REPLY_BYTES_MAX)
		return ERR_FULL;
	e = buf_put(&p->line, in->p, n);
	*in = bytes_of(in->p + n, in->n - n);
	return e;
}

enum err control_parser_step(struct control_parser *p, struct bytes *in,
			     const struct control_reply **out)
{
	enum err e;

	if (p->is_told)
		forget_reply(p);
	*out = NULL;
	while (in->n > 0 && !p->is_told) {
		uint8_t c;

		e = take_run(p, in);
		if (e != OK)
			return e;
		if (in->n == 0)
			break;
		c = in->p[0];
		*in = bytes_of(in->p + 1, in->n - 1);
		if (c == '\0' || p->has_cr != (c == '\n'))
			return ERR_SYNTAX;
		p->has_cr = true;
		if (c == '\n' && (e = end_line(p)) != OK)
			return e;
	}
	if (p->is_told)
		*out = &p->reply;
	return OK;
}

bool control_is_word(struct bytes b, const char *s)
{
	return bytes_equal(b, bytes_of(s, strlen(s)));
}

/* Length of a quoted string with both quotes, 0 if it does not end. */
static size_t quoted_length(struct bytes b)
{
	size_t i;

	for (i = 1; i < b.n; i++) {
		if (b.p[i] == '"')
			return i + 1;
		if (b.p[i] == '\\')
			i++;
	}
	return 0;
}

static size_t plain_length(struct bytes b, const char *stop)
{
	size_t i;

	for (i = 0; i < b.n; i++)
		if (b.p[i] == '"' || memchr(stop, b.p[i], strlen(stop)))
			break;
	return i;
}

static struct bytes cut(struct bytes *in, size_t n)
{
	struct bytes head = bytes_of(in->p, n);

	*in = bytes_of(in->p + n, in->n - n);
	return head;
}

static enum err take_value(struct bytes *in, struct control_word *w)
{
	size_t n;

	w->has_value = true;
	if (in->n == 0 || in->p[0] != '"') {
		w->value = cut(in, plain_length(*in, " "));
		return OK;
	}
	n = quoted_length(*in);
	if (n == 0)
		return ERR_SYNTAX;
	w->value = cut(in, n);
	w->value = bytes_of(w->value.p + 1, n - 2);
	w->is_quoted = true;
	return OK;
}

enum err control_take_word(struct bytes *in, struct control_word *out)
{
	struct control_word w = {0};
	enum err e = OK;

	if (in->n == 0)
		return ERR_NOT_FOUND;
	w.key = cut(in, plain_length(*in, " ="));
	if (w.key.n == 0)
		return ERR_SYNTAX;
	if (in->n > 0 && in->p[0] == '=') {
		cut(in, 1);
		e = take_value(in, &w);
	}
	if (e != OK || (in->n > 0 && in->p[0] != ' '))
		return ERR_SYNTAX;
	if (in->n > 0)
		cut(in, 1);
	*out = w;
	return OK;
}

void control_get_text(const struct control_word *w, char *out, size_t cap)
{
	size_t i, n = 0;

	for (i = 0; i < w->value.n && n + 1 < cap; i++) {
		uint8_t c = w->value.p[i];

		if (w->is_quoted && c == '\\' && i + 1 < w->value.n)
			c = w->value.p[++i];
		out[n++] = c < ' ' || c >= 0x7f ? '?' : (char)c;
	}
	out[n] = '\0';
}

enum err control_get_number(struct bytes text, bool is_signed, int64_t *out)
{
	bool is_negative = is_signed && text.n > 0 && text.p[0] == '-';
	int64_t v = 0;
	size_t i = is_negative ? 1 : 0;

	if (i == text.n)
		return ERR_SYNTAX;
	for (; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_SYNTAX;
		v = v * 10 + (text.p[i] - '0');
		if (v > NUMBER_MAX)
			return ERR_RANGE;
	}
	*out = is_negative ? -v : v;
	return OK;
}
