/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/keyfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "util/file.h"
#include "util/kdf_cost.h"
#include "util/text.h"

/* doc/STORAGE.md, "The key file".  Numbers are big-endian. */
static const uint8_t magic[8] = {'U', 'm', 'b', 'e', 'l', 'K', 'e', 'y'};

enum {
	DB_PROFILE = 1,
	KDF_ARGON2ID13 = 1,
	CHECK_BYTES = 16,
	STACK_BYTES = 8192, /* that making a key takes, and more */
};

/* Fields from left to right; too little input sticks. */
struct cursor {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static void take(struct cursor *c, void *out, size_t n)
{
	if (c->bad || c->left < n) {
		c->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, c->p, n);
	c->p += n;
	c->left -= n;
}

static uint64_t take_number(struct cursor *c, size_t n)
{
	uint8_t b[8];
	uint64_t v = 0;
	size_t i;

	take(c, b, n);
	for (i = 0; i < n; i++)
		v = v << 8 | b[i];
	return v;
}

static void put(uint8_t **p, const void *from, size_t n)
{
	memcpy(*p, from, n);
	*p += n;
}

static void put_number(uint8_t **p, uint64_t v, size_t n)
{
	while (n-- > 0)
		*(*p)++ = (uint8_t)(v >> 8 * n);
}

/* The fields in front of the slots; a name only where the file says one. */
static size_t encode_head(const struct keyfile *kf, uint8_t *out)
{
	size_t name_bytes = strlen(kf->name.s);
	uint8_t *p = out;

	put(&p, magic, sizeof(magic));
	put_number(&p, kf->version, 1);
	put_number(&p, DB_PROFILE, 1);
	put(&p, kf->user_id.b, sizeof(kf->user_id.b));
	put_number(&p, kf->created_ms, 8);
	if (kf->version > 1)
		put_number(&p, kf->auto_lock_minutes, 4);
	put_number(&p, name_bytes, 1);
	put(&p, kf->name.s, name_bytes);
	put_number(&p, KDF_ARGON2ID13, 1);
	put_number(&p, kf->kdf.passes, 4);
	put_number(&p, kf->kdf.memory_mib, 4);
	put(&p, kf->salt, sizeof(kf->salt));
	return (size_t)(p - out);
}

/* What a slot is bound to: all in front of it, but for what may change while
 * nobody gives a passphrase. */
static size_t encode_bound(const struct keyfile *kf, const struct key_slot *s,
			   uint8_t *out)
{
	struct keyfile bound = *kf;
	uint8_t *p;

	if (kf->version > 1) {
		bound.auto_lock_minutes = 0;
		bound.name.s[0] = '\0';
	}
	p = out + encode_head(&bound, out);
	put(&p, s->nonce, sizeof(s->nonce));
	return (size_t)(p - out);
}

/* Version 1 knows no roles: the key alone is wrapped. */
static size_t wrapped_bytes(const struct keyfile *kf)
{
	return sizeof(kf->slots[0].wrapped) - (kf->version == 1);
}

static unsigned slot_count(const struct keyfile *kf)
{
	return kf->version == 1 ? 1 : KEYFILE_SLOTS;
}

/* Tells a damaged file from a wrong passphrase; protects nothing. */
static void checksum(const uint8_t *p, size_t n, uint8_t out[CHECK_BYTES])
{
	crypto_generichash(out, CHECK_BYTES, p, n, NULL, 0);
}

size_t keyfile_encode(const struct keyfile *kf,
		      uint8_t out[static KEYFILE_BYTES_MAX])
{
	uint8_t *p = out + encode_head(kf, out);
	unsigned i;

	for (i = 0; i < slot_count(kf); i++) {
		put(&p, kf->slots[i].nonce, sizeof(kf->slots[i].nonce));
		put(&p, kf->slots[i].wrapped, wrapped_bytes(kf));
	}
	checksum(out, (size_t)(p - out), p);
	return (size_t)(p - out) + CHECK_BYTES;
}

static bool is_kdf_good(const struct kdf_params *k)
{
	return k->passes >= KDF_PASSES_MIN && k->passes <= KDF_PASSES_MAX &&
	       k->memory_mib >= KDF_MIB_MIN && k->memory_mib <= KDF_MIB_MAX;
}

static void take_name(struct cursor *c, struct label *out)
{
	uint64_t n = take_number(c, 1);

	memset(out, 0, sizeof(*out));
	if (n > NAME_MAX_BYTES)
		c->bad = true;
	else
		take(c, out->s, n);
	if (!utf8_is_label((const uint8_t *)out->s, c->bad ? 0 : n))
		c->bad = true;
}

static void take_auto_lock(struct cursor *c, struct keyfile *out)
{
	out->auto_lock_minutes = KEYFILE_AS_SET;
	if (out->version == 1)
		return;
	out->auto_lock_minutes = (uint32_t)take_number(c, 4);
	c->bad |= out->auto_lock_minutes > AUTO_LOCK_MINUTES_MAX &&
		  out->auto_lock_minutes != KEYFILE_AS_SET;
}

static void take_fields(struct cursor *c, struct keyfile *out)
{
	unsigned i;

	c->bad |= take_number(c, 1) != DB_PROFILE;
	take(c, out->user_id.b, sizeof(out->user_id.b));
	out->created_ms = take_number(c, 8);
	take_auto_lock(c, out);
	take_name(c, &out->name);
	c->bad |= take_number(c, 1) != KDF_ARGON2ID13;
	out->kdf.passes = (uint32_t)take_number(c, 4);
	out->kdf.memory_mib = (uint32_t)take_number(c, 4);
	take(c, out->salt, sizeof(out->salt));
	for (i = 0; i < slot_count(out); i++) {
		take(c, out->slots[i].nonce, sizeof(out->slots[i].nonce));
		take(c, out->slots[i].wrapped, wrapped_bytes(out));
	}
}

enum err keyfile_parse(struct bytes in, struct keyfile *out)
{
	struct cursor c = {in.p, in.n, false};
	uint8_t head[sizeof(magic)], want[CHECK_BYTES], found[CHECK_BYTES];
	struct keyfile kf;

	memset(&kf, 0, sizeof(kf));
	take(&c, head, sizeof(head));
	kf.version = (unsigned)take_number(&c, 1);
	if (c.bad || memcmp(head, magic, sizeof(magic)) != 0 || kf.version == 0)
		return ERR_CORRUPT;
	if (kf.version > KEYFILE_VERSION)
		return ERR_VERSION;
	take_fields(&c, &kf);
	checksum(in.p, in.n - c.left, want);
	take(&c, found, sizeof(found));
	if (c.bad || c.left > 0 || memcmp(found, want, sizeof(want)) != 0 ||
	    !is_kdf_good(&kf.kdf))
		return ERR_CORRUPT;
	*out = kf;
	return OK;
}

enum err keyfile_read(const char *path, struct keyfile *out)
{
	struct buf b;
	enum err e;

	buf_init(&b, KEYFILE_BYTES_MAX);
	e = file_read(path, &b);
	if (e == OK)
		e = keyfile_parse(buf_view(&b), out);
	else if (e == ERR_FULL)
		e = ERR_CORRUPT;
	buf_clear(&b);
	return e;
}

static enum err write_over(int fd, const void *p, size_t n)
{
	return pwrite(fd, p, n, 0) == (ssize_t)n && fsync(fd) == 0 ? OK
								   : ERR_IO;
}

/* The file that was replaced has no name any more; its bytes would be on the
 * disk until something else needs the place. */
static void wipe(int fd)
{
	uint8_t noise[KEYFILE_BYTES_MAX];
	struct stat st;

	/* Under another name it is somebody's copy. */
	if (fstat(fd, &st) != 0 || st.st_nlink > 0)
		return;
	randombytes_buf(noise, sizeof(noise));
	/* What it cannot wipe it has not promised to. */
	(void)!write_over(fd, noise, sizeof(noise));
}

enum err keyfile_write(const char *path, const struct keyfile *kf)
{
	int old = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t out[KEYFILE_BYTES_MAX];
	enum err e = file_replace(path, out, keyfile_encode(kf, out), 0600);

	if (old >= 0 && e == OK)
		wipe(old);
	if (old >= 0)
		close(old);
	return e;
}

/* One call, and less than a sector: it is done, or not. */
enum err keyfile_overwrite(const char *path, const struct keyfile *kf)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t out[KEYFILE_BYTES_MAX];
	size_t n = keyfile_encode(kf, out);
	struct stat st;
	enum err e = ERR_IO;

	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size == n)
		e = write_over(fd, out, n);
	if (close(fd) != 0)
		e = ERR_IO;
	return e;
}

enum err keyfile_derive(const struct keyfile *kf, const char *passphrase,
			size_t len, struct wrap_key *out)
{
	struct wrap_key wk;
	enum err e = OK;

	if (!is_kdf_good(&kf->kdf))
		return ERR_RANGE;
	if (crypto_pwhash(wk.b, sizeof(wk.b), passphrase, len, kf->salt,
			  kf->kdf.passes, (size_t)kf->kdf.memory_mib << 20,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		e = ERR_FULL;
	else
		*out = wk;
	sodium_memzero(&wk, sizeof(wk));
	/* What it left below us. */
	sodium_stackzero(STACK_BYTES);
	return e;
}

/* False, and nothing is in *out, if it does not open. */
static bool open_slot(const struct keyfile *kf, unsigned slot,
		      const struct wrap_key *wk, struct opened_key *out)
{
	const struct key_slot *s = &kf->slots[slot];
	uint8_t bound[KEYFILE_BYTES_MAX], plain[sizeof(s->wrapped)];
	size_t n = encode_bound(kf, s, bound);
	const uint8_t *key = kf->version == 1 ? plain : plain + 1;
	bool is_open;

	is_open = crypto_aead_xchacha20poly1305_ietf_decrypt(
		      plain, NULL, NULL, s->wrapped, wrapped_bytes(kf), bound,
		      n, s->nonce, wk->b) == 0;
	if (is_open) {
		out->role = kf->version == 1 || plain[0] == KEY_REAL
				? KEY_REAL
				: KEY_DURESS;
		out->slot = slot;
		memcpy(out->key.b, key, sizeof(out->key.b));
	}
	sodium_memzero(plain, sizeof(plain));
	return is_open;
}

enum err keyfile_unwrap(const struct keyfile *kf, const struct wrap_key *wk,
			struct opened_key *out)
{
	bool is_open = false;
	unsigned i;

	for (i = 0; i < slot_count(kf); i++)
		is_open |= open_slot(kf, i, wk, out);
	return is_open ? OK : ERR_AUTH;
}

static void fill_slot(struct keyfile *kf, unsigned slot, enum key_role role,
		      const struct wrap_key *wk, const struct master_key *mk)
{
	struct key_slot *s = &kf->slots[slot];
	uint8_t bound[KEYFILE_BYTES_MAX], plain[1 + sizeof(mk->b)];
	size_t n;

	randombytes_buf(s->nonce, sizeof(s->nonce));
	n = encode_bound(kf, s, bound);
	plain[0] = (uint8_t)role;
	memcpy(plain + 1, mk->b, sizeof(mk->b));
	crypto_aead_xchacha20poly1305_ietf_encrypt(s->wrapped, NULL, plain,
						   sizeof(plain), bound, n,
						   NULL, s->nonce, wk->b);
	sodium_memzero(plain, sizeof(plain));
}

/* Number 1 of it is the database's. */
void keyfile_decoy_of(const struct master_key *real, struct master_key *out)
{
	crypto_kdf_derive_from_key(out->b, sizeof(out->b), 2, "umblstor",
				   real->b);
}

void keyfile_blank_other(struct keyfile *kf, unsigned slot)
{
	randombytes_buf(&kf->slots[1 - slot], sizeof(kf->slots[0]));
}

/* Which slot it is must tell nothing. */
void keyfile_wrap(struct keyfile *kf, const struct wrap_key *wk,
		  const struct master_key *mk)
{
	unsigned slot = randombytes_uniform(KEYFILE_SLOTS);

	kf->version = KEYFILE_VERSION;
	fill_slot(kf, slot, KEY_REAL, wk, mk);
	keyfile_blank_other(kf, slot);
}

static enum err derive(const struct keyfile *kf, struct bytes passphrase,
		       struct wrap_key *out)
{
	return keyfile_derive(kf, (const char *)passphrase.p, passphrase.n,
			      out);
}

/* All keys of a change, in locked memory. */
struct change_keys {
	struct wrap_key old, fresh, duress;
	struct opened_key opened, other;
	struct master_key decoy;
};

/* The old passphrase, and an empty file of the present version. */
static enum err begin_change(const struct key_change *c, struct change_keys *k,
			     struct keyfile *next)
{
	enum err e = derive(c->kf, c->passphrase, &k->old);

	if (e == OK)
		e = keyfile_unwrap(c->kf, &k->old, &k->opened);
	if (e != OK)
		return e;
	*next = *c->kf;
	next->version = KEYFILE_VERSION;
	next->kdf = c->cost;
	randombytes_buf(next->salt, sizeof(next->salt));
	return OK;
}

bool keyfile_is_cost_equal(const struct kdf_params *a,
			   const struct kdf_params *b)
{
	return a->passes == b->passes && a->memory_mib == b->memory_mib;
}

/* The second slot can only stay with the salt that its key came from. */
static bool keeps_salt(const struct key_change *c, const struct change_keys *k)
{
	return c->kf->version == KEYFILE_VERSION &&
	       k->opened.role == KEY_REAL &&
	       keyfile_is_cost_equal(&c->kf->kdf, &c->cost);
}

static enum err change(const struct key_change *c, struct bytes fresh,
		       struct change_keys *k, struct keyfile *next)
{
	enum err e = begin_change(c, k, next);
	bool keeps = e == OK && keeps_salt(c, k);

	if (keeps)
		memcpy(next->salt, c->kf->salt, sizeof(next->salt));
	if (e == OK)
		e = derive(next, fresh, &k->fresh);
	if (e != OK)
		return e;
	if (!keeps) {
		keyfile_wrap(next, &k->fresh, &k->opened.key);
		return OK;
	}
	/* Who types this passphrase is to find what it was given to now. */
	if (open_slot(c->kf, 1 - k->opened.slot, &k->fresh, &k->other))
		keyfile_blank_other(next, k->opened.slot);
	fill_slot(next, k->opened.slot, KEY_REAL, &k->fresh, &k->opened.key);
	return OK;
}

enum err keyfile_change(const struct key_change *c, struct bytes fresh,
			struct keyfile *next, struct opened_key *opened)
{
	struct change_keys *k = sodium_malloc(sizeof(*k));
	struct keyfile made;
	enum err e = k ? change(c, fresh, k, &made) : ERR_FULL;

	if (e == OK) {
		*next = made;
		*opened = k->opened;
	}
	sodium_free(k);
	return e;
}

static enum err set_duress(const struct key_change *c, struct bytes duress,
			   struct change_keys *k, struct keyfile *next)
{
	unsigned slot = randombytes_uniform(KEYFILE_SLOTS);
	enum err e = begin_change(c, k, next);

	if (e == OK)
		e = derive(next, c->passphrase, &k->fresh);
	if (e == OK && duress.p)
		e = derive(next, duress, &k->duress);
	if (e != OK)
		return e;
	fill_slot(next, slot, KEY_REAL, &k->fresh, &k->opened.key);
	keyfile_blank_other(next, slot);
	if (!duress.p)
		return OK;
	keyfile_decoy_of(&k->opened.key, &k->decoy);
	fill_slot(next, 1 - slot, KEY_DURESS, &k->duress, &k->decoy);
	return OK;
}

enum err keyfile_set_duress(const struct key_change *c, struct bytes duress,
			    struct keyfile *next, struct opened_key *opened)
{
	struct change_keys *k;
	struct keyfile made;
	enum err e;

	if (duress.p && bytes_equal(duress, c->passphrase))
		return ERR_EXISTS;
	k = sodium_malloc(sizeof(*k));
	e = k ? set_duress(c, duress, k, &made) : ERR_FULL;
	if (e == OK) {
		*next = made;
		*opened = k->opened;
	}
	sodium_free(k);
	return e;
}
