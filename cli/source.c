/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/amount.h"
#include "cli/events.h"
#include "cli/out.h"
#include "util/file.h"

#define MEMORY_MAX_BYTES (UINT64_C(256) << 20)

static bool is_input(const struct source *s)
{
	return strcmp(s->path, "-") == 0;
}

static const char *shown(const struct source *s)
{
	return is_input(s) ? "Standard input" : s->path;
}

static bool cannot_be_read(const struct source *s)
{
	say("%s cannot be read: %s.", shown(s), strerror(errno));
	return false;
}

/* All that comes from fd. */
static bool fill(struct source *s, int fd)
{
	static char chunk[64 * 1024];
	char limit[AMOUNT_TEXT];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_be_read(s);
		s->size += (uint64_t)n;
		if (s->size > MEMORY_MAX_BYTES) {
			amount_bytes(MEMORY_MAX_BYTES, limit);
			say("%s has no size and is longer than %s: put it "
			    "into a file first.",
			    shown(s), limit);
			return false;
		}
		if (file_write_all(s->fd, chunk, (size_t)n) != OK)
			return cannot_be_read(s);
	}
	return true;
}

static bool read_all(struct source *s)
{
	int from = s->fd;
	bool is_read;

	s->fd = memfd_create("umbel", MFD_CLOEXEC);
	s->is_memory = true;
	s->size = 0;
	s->start = 0;
	is_read = s->fd >= 0 ? fill(s, from) : cannot_be_read(s);
	is_read = is_read && fstat(s->fd, &s->st) == 0;
	close(from);
	return is_read;
}

static bool measure(struct source *s)
{
	if (S_ISDIR(s->st.st_mode)) {
		say("%s is a folder: pack it into one file first.", shown(s));
		return false;
	}
	if (is_input(s))
		s->start = lseek(s->fd, 0, SEEK_CUR);
	/* What says 0 may have something to say all the same: /proc. */
	if (!S_ISREG(s->st.st_mode) || s->st.st_size == 0 || s->start < 0)
		return read_all(s);
	if (s->start < s->st.st_size)
		s->size = (uint64_t)(s->st.st_size - s->start);
	return true;
}

bool source_open(struct source *s, const char *path)
{
	*s = (struct source){.path = path};
	s->fd = is_input(s) ? fcntl(0, F_DUPFD_CLOEXEC, 3)
			    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0 || fstat(s->fd, &s->st) != 0)
		cannot_be_read(s);
	else if (measure(s))
		return true;
	source_close(s);
	return false;
}

void source_close(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

const char *source_name(const struct source *s)
{
	const char *slash = strrchr(s->path, '/');

	if (is_input(s))
		return "";
	return slash ? slash + 1 : s->path;
}

ssize_t source_read(const struct source *s, uint64_t at, char *p, size_t n)
{
	ssize_t got;

	if (n > s->size - at)
		n = (size_t)(s->size - at);
	if (n == 0)
		return 0;
	do
		got = pread(s->fd, p, n, s->start + (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		cannot_be_read(s);
	else if (got == 0)
		say("%s became shorter while it was read.", shown(s));
	return got > 0 ? got : -1;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool source_is_same(const struct source *s)
{
	struct stat now;

	if (fstat(s->fd, &now) == 0 && now.st_size == s->st.st_size &&
	    is_same_time(&now.st_mtim, &s->st.st_mtim))
		return true;
	say("%s was changed while it was read: nothing is sent.", shown(s));
	return false;
}

const char *source_client_id(const struct source *s, const char *context,
			     unsigned number)
{
	crypto_generichash_state hash;
	/* Numbers alone, so that no padding gets in. */
	const int64_t facts[] = {
	    (int64_t)s->st.st_dev,
	    (int64_t)s->st.st_ino,
	    (int64_t)s->st.st_mtim.tv_sec,
	    (int64_t)s->st.st_mtim.tv_nsec,
	    (int64_t)s->st.st_ctim.tv_sec,
	    (int64_t)s->st.st_ctim.tv_nsec,
	    (int64_t)s->size,
	    (int64_t)s->start,
	    (int64_t)number,
	};
	uint8_t b[16];

	crypto_generichash_init(&hash, NULL, 0, sizeof(b));
	crypto_generichash_update(&hash, (const uint8_t *)facts, sizeof(facts));
	crypto_generichash_update(&hash, (const uint8_t *)context,
				  strlen(context));
	crypto_generichash_final(&hash, b, sizeof(b));
	return events_uuid(b, 8);
}
