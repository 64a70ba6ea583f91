/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chunk - how a file is cut, sealed and checked (PROTOCOL 12).
 *
 * A sealed chunk is what goes over the wire and what lies on the disk, at
 * both ends.  Sealing is deterministic: one key must never be used for two
 * contents.
 */
#ifndef CORE_CHUNK_H
#define CORE_CHUNK_H

#include "core/rows.h"

/* What must be known of a file to deal with its chunks. */
struct chunk_plan {
	struct fid fid;
	uint64_t size; /* bytes, FILE_SIZE_MAX at most */
	uint8_t chunk_log2;
};

/* The smallest usual chunks with which a file has CHUNKS_MAX at most. */
uint8_t chunk_log2_for(uint64_t size);
/* Whether a file may be cut like that. */
bool chunk_plan_is_valid(const struct chunk_plan *p);

/* Of a valid plan: how many chunks; bytes of content and of the sealed chunk
 * i; where the sealed chunk starts in the blob; all that lies in the blob,
 * the manifest included. */
uint32_t chunk_count(const struct chunk_plan *p);
size_t chunk_bytes(const struct chunk_plan *p, uint32_t i);
size_t chunk_sealed_bytes(const struct chunk_plan *p, uint32_t i);
uint64_t chunk_offset(const struct chunk_plan *p, uint32_t i);
uint64_t chunk_blob_bytes(const struct chunk_plan *p);
size_t manifest_bytes(const struct chunk_plan *p);

/* plain has chunk_bytes(i), out room for chunk_sealed_bytes(i). */
void chunk_seal(const struct chunk_plan *p, const struct psk *key, uint32_t i,
		const uint8_t *plain, uint8_t *out);
/* ERR_AUTH: it is not what was sealed there. */
enum err chunk_open(const struct chunk_plan *p, const struct psk *key,
		    uint32_t i, const uint8_t *sealed,
		    uint8_t *plain) MUST_CHECK;
/* The same, without the plaintext: ten times as fast. */
enum err chunk_check(const struct chunk_plan *p, const struct psk *key,
		     uint32_t i, const uint8_t *sealed) MUST_CHECK;

/* The leaf of a sealed chunk; the manifest is all leaves in order. */
void chunk_leaf(uint32_t i, struct bytes sealed,
		uint8_t out[static LEAF_BYTES]);
void manifest_root(const struct chunk_plan *p, const uint8_t *manifest,
		   struct hash32 *out);

#endif
