/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "last_event.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/wire.h"
#include "store/query.h"
#include "util/log.h"
#include "util/mem.h"

#define AEAD(x) crypto_aead_xchacha20poly1305_ietf_##x

enum {
	PLAIN_BYTES = 8,
	NONCE_BYTES = AEAD(NPUBBYTES),
	FILE_BYTES = NONCE_BYTES + PLAIN_BYTES + AEAD(ABYTES),
};
/* What every program can say to be the last that it has read. */
#define LAST_MAX (UINT64_C(1000000000000000) - 1)

struct last_event {
	int fd;
	struct uid user;
	struct store *store;
	uint64_t kept;
	uint8_t *key; /* in locked memory */
};

static uint8_t *key_of(const struct master_key *decoy)
{
	uint8_t *key = sodium_malloc(AEAD(KEYBYTES));

	if (key)
		crypto_kdf_derive_from_key(key, AEAD(KEYBYTES), 3, "umblstor",
					   decoy->b);
	return key;
}

static uint8_t *key_of_real(const struct master_key *real)
{
	struct master_key *decoy = sodium_malloc(sizeof(*decoy));
	uint8_t *key = NULL;

	if (decoy) {
		keyfile_decoy_of(real, decoy);
		key = key_of(decoy);
	}
	sodium_free(decoy);
	return key;
}

/* In place, in one write of less than a sector. */
static void write_down(const struct last_event *l)
{
	uint8_t file[FILE_BYTES], plain[PLAIN_BYTES];
	struct wire_writer w;

	wire_write_init(&w, plain, sizeof(plain));
	wire_write_u64(&w, l->kept);
	randombytes_buf(file, NONCE_BYTES);
	AEAD(encrypt)
	(file + NONCE_BYTES, NULL, plain, sizeof(plain), l->user.b,
	 sizeof(l->user.b), NULL, file, l->key);
	if (pwrite(l->fd, file, sizeof(file), 0) != (ssize_t)sizeof(file))
		log_warn("the number of an event could not be written");
}

void last_event_keep(struct last_event *l)
{
	struct journal_range range;

	if (!l || query_journal_range(l->store, &range) != OK ||
	    range.last == l->kept)
		return;
	l->kept = range.last;
	write_down(l);
}

static int open_file(const char *path)
{
	int fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -1;
}

struct last_event *last_event_open(const char *path,
				   const struct master_key *real,
				   struct uid user, struct store *s)
{
	int fd = open_file(path);
	struct last_event *l;

	if (fd < 0) {
		log_warn("the number of an event could not be written");
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	/* Written even where there is no event: so every user has one. */
	*l = (struct last_event){.fd = fd,
				 .user = user,
				 .store = s,
				 .kept = UINT64_MAX,
				 .key = key_of_real(real)};
	if (!l->key) {
		close(fd);
		free(l);
		return NULL;
	}
	last_event_keep(l);
	return l;
}

void last_event_close(struct last_event *l)
{
	if (!l)
		return;
	(void)!fsync(l->fd);
	close(l->fd);
	sodium_free(l->key);
	free(l);
}

static bool open_sealed(const uint8_t file[static FILE_BYTES], struct uid user,
			const struct master_key *decoy, uint64_t *out)
{
	uint8_t *key = key_of(decoy), plain[PLAIN_BYTES];
	struct wire_reader r;
	bool is;

	is = key && AEAD(decrypt)(plain, NULL, NULL, file + NONCE_BYTES,
				  FILE_BYTES - NONCE_BYTES, user.b,
				  sizeof(user.b), file, key) == 0;
	sodium_free(key);
	if (!is)
		return false;
	wire_read_init(&r, bytes_of(plain, sizeof(plain)));
	*out = wire_read_u64(&r);
	return *out <= LAST_MAX;
}

uint64_t last_event_read(const char *path, const struct master_key *decoy,
			 struct uid user)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t file[FILE_BYTES];
	uint64_t last = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, file, sizeof(file));
	close(fd);
	if (n == (ssize_t)sizeof(file) && open_sealed(file, user, decoy, &last))
		return last;
	return 0;
}
