/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bar.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/amount.h"
#include "cli/out.h"
#include "util/clock.h"
#include "util/mem.h"

#define DRAW_MS		200
#define MEASURE_MS	2000
#define FIRST_MS	600
#define LABEL_COLUMNS	20
#define PERCENT_COLUMNS 4
#define TAIL_COLUMNS	50
#define TAIL_BYTES	192
#define BLOCKS_MAX	30
#define BLOCKS_MIN	5
#define WIDTH_DEFAULT	80

void bar_begin(struct bar *b, const char *label, uint64_t total, uint64_t done)
{
	*b = (struct bar){.is_on = isatty(2) == 1,
			  .label = out_clean(label, false),
			  .total = total,
			  .done = done,
			  .from = done,
			  .from_ms = clock_mono_ms()};
}

void bar_begin_percent(struct bar *b, const char *label)
{
	bar_begin(b, label, 100, 0);
	b->is_percent = true;
}

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(2, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

/* Smoothed: over the last spans of MEASURE_MS, the newest for a half. */
static void measure(struct bar *b, uint64_t now_ms)
{
	uint64_t span_ms = now_ms - b->from_ms;
	double rate;

	/* What was begun anew says nothing. */
	if (b->done < b->from) {
		b->from = b->done;
		b->from_ms = now_ms;
		return;
	}
	if (span_ms < (b->bytes_per_s > 0 ? MEASURE_MS : FIRST_MS))
		return;
	rate = (double)(b->done - b->from) * 1000 / (double)span_ms;
	b->bytes_per_s =
	    b->bytes_per_s > 0 ? (b->bytes_per_s + rate) / 2 : rate;
	if (span_ms >= MEASURE_MS) {
		b->from = b->done;
		b->from_ms = now_ms;
	}
}

/* How fast, and how long still, as far as it is known; else why not. */
static void put_rate(const struct bar *b, char *out, size_t room)
{
	char rate[AMOUNT_TEXT], left[AMOUNT_TEXT];
	uint64_t rest = b->total > b->done ? b->total - b->done : 0;

	snprintf(out, room, "%s", b->state);
	if (b->state[0] || b->bytes_per_s < 1)
		return;
	amount_bytes((uint64_t)b->bytes_per_s, rate);
	amount_time((uint64_t)((double)rest / b->bytes_per_s + 0.999), left);
	snprintf(out, room, "%8s/s %7s", rate, left);
}

/* Not more columns than given, by whole characters; those of East Asia take
 * two. */
static int label_bytes(const char *label, int columns, int *used)
{
	const unsigned char *p = (const unsigned char *)label;
	const char *end = label;
	int wide;

	*used = 0;
	while (*p) {
		wide = *p >= 0xe1 ? 2 : 1;
		if (*used + wide > columns)
			break;
		*used += wide;
		do
			p++;
		while ((*p & 0xc0) == 0x80);
		end = (const char *)p;
	}
	return (int)(end - label);
}

static void put_blocks(int percent, int blocks, char *out)
{
	int i;

	if (blocks < BLOCKS_MIN) {
		*out = '\0';
		return;
	}
	if (blocks > BLOCKS_MAX)
		blocks = BLOCKS_MAX;
	*out++ = '[';
	for (i = 0; i < blocks; i++)
		*out++ = i < blocks * percent / 100 ? '#' : ' ';
	memcpy(out, "] ", sizeof("] "));
}

/* What stands behind the blocks. */
static void put_tail(const struct bar *b, int percent, char out[TAIL_BYTES])
{
	char done[AMOUNT_TEXT], total[AMOUNT_TEXT], rest[96];

	if (b->is_percent) {
		snprintf(out, TAIL_BYTES, "%3d%%  %s", percent, b->state);
		return;
	}
	amount_bytes(b->done, done);
	amount_bytes(b->total, total);
	put_rate(b, rest, sizeof(rest));
	snprintf(out, TAIL_BYTES, "%3d%%  %8s of %-8s  %s", percent, done,
		 total, rest);
}

static void draw(const struct bar *b)
{
	char tail[TAIL_BYTES];
	char blocks[BLOCKS_MAX + 4], line[512];
	int percent = b->done < b->total
			  ? (int)((double)b->done * 100 / (double)b->total)
			  : 100;
	int width = terminal_width() - 1, used, bytes;
	/* In a small window the percentage has to be seen. */
	int columns = width - PERCENT_COLUMNS - 1;

	if (columns > LABEL_COLUMNS)
		columns = LABEL_COLUMNS;
	bytes = label_bytes(b->label, columns, &used);
	put_tail(b, percent, tail);
	width -= columns > 0 ? columns + 1 : 0;
	put_blocks(percent, width - TAIL_COLUMNS, blocks);
	width -= (int)strlen(blocks);
	/* What does not fit would become a second line. */
	snprintf(line, sizeof(line), "%.*s%*s%s%.*s", bytes, b->label,
		 columns > 0 ? columns + 1 - used : 0, "", blocks,
		 width > 0 ? width : 0, tail);
	out_status(line);
}

static void draw_now(struct bar *b, uint64_t now_ms)
{
	b->drawn_ms = now_ms;
	draw(b);
}

void bar_move(struct bar *b, uint64_t done)
{
	uint64_t now_ms = clock_mono_ms();

	b->done = done;
	if (!b->is_on || (b->drawn_ms && now_ms - b->drawn_ms < DRAW_MS))
		return;
	measure(b, now_ms);
	draw_now(b, now_ms);
}

void bar_tell(struct bar *b, uint64_t done, uint64_t bytes_per_s,
	      const char *state)
{
	b->done = done;
	b->bytes_per_s = (double)bytes_per_s;
	snprintf(b->state, sizeof(b->state), "%s", state);
	if (b->is_on)
		draw_now(b, clock_mono_ms());
}

void bar_end(struct bar *b, bool is_whole)
{
	if (b->is_on && is_whole) {
		b->done = b->total;
		b->state[0] = '\0';
		draw(b);
	}
	out_status_end(is_whole);
	free(b->label);
	*b = (struct bar){.is_on = false};
}
