/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kdf_job.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "util/mem.h"

static uint8_t *lock_copy(struct bytes text)
{
	uint8_t *p = sodium_malloc(text.n + 1);

	if (p && text.n)
		memcpy(p, text.p, text.n);
	return p;
}

struct kdf_job *kdf_job_new(enum kdf_kind kind, const struct keyfile *kf,
			    struct bytes passphrase)
{
	struct kdf_job *j = xcalloc(1, sizeof(*j));

	j->kind = kind;
	j->kf = *kf;
	j->old = lock_copy(passphrase);
	j->old_bytes = passphrase.n;
	j->key = sodium_malloc(sizeof(*j->key));
	if (j->old && j->key)
		return j;
	kdf_job_free(j);
	return NULL;
}

struct kdf_job *kdf_job_new_change(enum kdf_kind kind, const struct keyfile *kf,
				   const struct kdf_params *kdf,
				   struct bytes passphrase, struct bytes fresh)
{
	struct kdf_job *j = kdf_job_new(kind, kf, passphrase);

	if (!j)
		return NULL;
	j->cost = *kdf;
	j->opened = sodium_malloc(sizeof(*j->opened));
	j->fresh = fresh.p ? lock_copy(fresh) : NULL;
	j->fresh_bytes = fresh.n;
	if (j->opened && (j->fresh || !fresh.p))
		return j;
	kdf_job_free(j);
	return NULL;
}

void kdf_job_free(struct kdf_job *j)
{
	list_take(&j->node);
	sodium_free(j->old);
	sodium_free(j->fresh);
	sodium_free(j->key);
	sodium_free(j->opened);
	xfree(j, sizeof(*j));
}

static enum err run_change(struct kdf_job *j)
{
	const struct key_change c = {.kf = &j->kf,
				     .cost = j->cost,
				     .passphrase =
					 bytes_of(j->old, j->old_bytes)};
	struct bytes fresh = bytes_of(j->fresh, j->fresh_bytes);

	if (j->kind == KDF_CHANGE)
		return keyfile_change(&c, fresh, &j->next, j->opened);
	return keyfile_set_duress(&c, fresh, &j->next, j->opened);
}

void kdf_job_run(void *job)
{
	struct kdf_job *j = job;

	if (j->kind == KDF_CHANGE || j->kind == KDF_DURESS)
		j->err = run_change(j);
	else
		j->err = keyfile_derive(&j->kf, (const char *)j->old,
					j->old_bytes, j->key);
	sodium_memzero(j->old, j->old_bytes);
	if (j->fresh)
		sodium_memzero(j->fresh, j->fresh_bytes);
}
