/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "errand.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "util/fdpass.h"
#include "util/file.h"
#include "util/log.h"

#define CTL_MESSAGE_MAX 64
#define READ_BYTES	16384
#define IN_MAX_BYTES	(PARCEL_FRAME_MAX + READ_BYTES)

void errand_init(struct errand *e, int ctl)
{
	*e = (struct errand){.ctl = ctl, .channel = -1};
	buf_init(&e->in, IN_MAX_BYTES);
}

static void set_channel(struct errand *e, int fd)
{
	if (e->channel >= 0)
		close(e->channel);
	e->channel = fd;
	e->used = 0;
	e->is_renewed = true;
	buf_clear(&e->in);
}

void errand_clear(struct errand *e)
{
	set_channel(e, -1);
}

enum err errand_ready(const struct errand *e)
{
	return fdpass_send(e->ctl, "R", 1, -1);
}

bool errand_on_ctl(struct errand *e)
{
	char message[CTL_MESSAGE_MAX];
	size_t n;
	int fd;
	enum err err = fdpass_recv(e->ctl, message, sizeof(message), &n, &fd);

	if (err == ERR_SHORT)
		return true;
	if (err != OK || message[0] == 'S')
		return false;
	if (message[0] == 'L' && n == 2)
		log_set_level((enum log_level)(message[1] - '0'));
	if (message[0] == 'C' && fd >= 0)
		set_channel(e, fd);
	else if (fd >= 0)
		close(fd);
	return true;
}

/* No more than there is room for: the rest stays with the kernel. */
void errand_on_channel(struct errand *e)
{
	uint8_t chunk[READ_BYTES];
	size_t room = e->in.max - e->in.len;
	ssize_t n;

	if (room > sizeof(chunk))
		room = sizeof(chunk);
	n = recv(e->channel, chunk, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || buf_put(&e->in, chunk, (size_t)n) != OK)
		set_channel(e, -1); /* umbeld brings a new one */
	sodium_memzero(chunk, sizeof(chunk));
}

void errand_refuse(struct errand *e, const char *why)
{
	log_error("umbel-core broke the rules: %s", why);
	set_channel(e, -1);
}

bool errand_take(struct errand *e, struct parcel *p)
{
	enum err err;

	buf_drop(&e->in, e->used);
	e->used = 0;
	if (e->in.len == 0)
		buf_clear(&e->in); /* wiped */
	err = parcel_take(buf_view(&e->in), &e->used, p);
	if (err == OK)
		return true;
	if (err != ERR_SHORT)
		errand_refuse(e, err_str(err));
	return false;
}

void errand_end(struct errand *e, uint64_t id, enum parcel_end end,
		unsigned code)
{
	const struct parcel p = {
	    .type = PARCEL_END, .id = id, .end = end, .code = code};
	struct buf frame;

	if (e->channel < 0 || id == 0)
		return;
	buf_init(&frame, PARCEL_FRAME_MAX);
	if (parcel_put(&frame, &p) != OK ||
	    file_write_all(e->channel, frame.data, frame.len) != OK)
		log_debug("umbel-core does not listen");
	buf_clear(&frame);
}
