/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The format is profile 1 of doc/STORAGE.md: AES-256-CBC, 48 bytes at the end
 * of each page for the vector and the MAC, a salt at the file's beginning.
 * The cipher is the one that the database library brings along, so that the
 * tests need no other.
 */
#include "store_pages.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

enum { PAGE = 4096, RESERVED = 48, SALT = 16, LOG_HEAD = 32, FRAME_HEAD = 24 };

struct cipher {
	void *(*context_new)(void);
	void (*context_free)(void *ctx);
	const void *(*aes_256_cbc)(void);
	int (*init)(void *ctx, const void *type, void *engine,
		    const uint8_t *key, const uint8_t *iv);
	int (*set_padding)(void *ctx, int padding);
	int (*update)(void *ctx, uint8_t *out, int *out_n, const uint8_t *in,
		      int n);
};

/* A function pointer out of an object pointer, as POSIX has it. */
static bool find(const char *name, void *out)
{
	void *f = dlsym(RTLD_DEFAULT, name);

	memcpy(out, &f, sizeof(f));
	return f != NULL;
}

static bool find_cipher(struct cipher *c)
{
	return find("EVP_CIPHER_CTX_new", &c->context_new) &&
	       find("EVP_CIPHER_CTX_free", &c->context_free) &&
	       find("EVP_aes_256_cbc", &c->aes_256_cbc) &&
	       find("EVP_DecryptInit_ex", &c->init) &&
	       find("EVP_CIPHER_CTX_set_padding", &c->set_padding) &&
	       find("EVP_DecryptUpdate", &c->update);
}

bool pages_can_be_read(void)
{
	struct cipher c;

	return find_cipher(&c);
}

static void decrypt(const struct cipher *c, const uint8_t key[static 32],
		    const uint8_t page[static PAGE], size_t from,
		    uint8_t out[static PAGE])
{
	void *ctx = c->context_new();
	int n = 0;

	memset(out, 0, PAGE);
	assert_non_null(ctx);
	assert_int_equal(
	    c->init(ctx, c->aes_256_cbc(), NULL, key, page + PAGE - RESERVED),
	    1);
	c->set_padding(ctx, 0);
	assert_int_equal(c->update(ctx, out + from, &n, page + from,
				   (int)(PAGE - RESERVED - from)),
			 1);
	assert_int_equal(n, PAGE - RESERVED - from);
	c->context_free(ctx);
}

/* Pages that stand `step` bytes apart from `first` on. */
static size_t count(const uint8_t key[static 32], const char *path,
		    size_t first, size_t step, const char *words)
{
	uint8_t plain[PAGE], *file;
	size_t n, at, found = 0;
	struct cipher c;

	assert_true(find_cipher(&c));
	file = kit_slurp(path, &n);
	for (at = first; at + PAGE <= n; at += step) {
		const uint8_t *head = file + at - FRAME_HEAD;
		bool is_first =
		    step == PAGE ? at == 0 : memcmp(head, "\0\0\0\1", 4) == 0;

		decrypt(&c, key, file + at, is_first ? SALT : 0, plain);
		found += memmem(plain, PAGE, words, strlen(words)) != NULL;
	}
	free(file);
	return found;
}

static size_t count_log(const uint8_t key[static 32], const char *path,
			const char *words)
{
	if (access(path, F_OK) != 0)
		return 0;
	return count(key, path, LOG_HEAD + FRAME_HEAD, FRAME_HEAD + PAGE,
		     words);
}

size_t pages_with(const struct kit *k, const char *path, const char *words)
{
	uint8_t key[32];

	raw_key(k, key);
	return path == k->path ? count(key, path, 0, PAGE, words)
			       : count_log(key, path, words);
}

size_t pages_of_with(const char *path, const uint8_t key[static 32],
		     const char *words)
{
	char log[100];

	snprintf(log, sizeof(log), "%s-wal", path);
	return count(key, path, 0, PAGE, words) + count_log(key, log, words);
}
