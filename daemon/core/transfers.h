/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transfers - what a node remembers of files on their way; for state.h.
 *
 * A file is live from its offer to its end: OFFERED, RUNNING or PAUSED.  Only
 * its row is on the disk; all else here is made anew after a restart.
 */
#ifndef CORE_TRANSFERS_H
#define CORE_TRANSFERS_H

#include "core/backoff.h"
#include "core/chunk.h"
#include "core/pick.h"
#include "util/list.h"

enum {
	FILES_LIVE_MAX = 256, /* of one contact, each direction */
	FILES_ACTIVE_MAX = 3, /* that are fetched from him at one time */
	BULK_LINKS_MAX = 8,   /* with one contact, dialled by either */
	REQS_MAX = 16,	      /* of one link, not answered */
	/* The sender paused it: an EPH may come sooner. */
	FILE_PAUSED_WAIT_MS = 10 * 60 * 1000,
};

/* What we have of a chunk that we fetch; counted up and back. */
enum chunk_state {
	CHUNK_MISSING,
	CHUNK_ASKED,
	CHUNK_WRITING,
	CHUNK_WRITTEN, /* and may be lost again */
	CHUNK_SYNCING,
	CHUNK_HAVE,
};

enum fetch_stage {
	FETCH_OPENING,	/* is there room for it? */
	FETCH_READING,	/* the manifest may be here already */
	FETCH_MANIFEST, /* the sender is asked for it */
	FETCH_CHUNKS,
};

/* A file that we fetch, while that is under way. */
struct fetching {
	enum fetch_stage stage;
	uint8_t *manifest;	       /* CHUNKS */
	uint8_t *chunks;	       /* enum chunk_state of each */
	uint32_t cursor;	       /* none before it is MISSING */
	uint32_t missing, asked, have; /* how many of them */
	bool manifest_asked;
	bool is_broken; /* the disk failed: begun anew, if at all */
	bool syncing;
	uint64_t unsynced; /* bytes WRITTEN */
	uint64_t sync_ms;  /* NEVER: nothing to sync */
};

/* One live file. */
struct transfer {
	struct list_node in_contact;
	struct contact *contact;
	struct file_row row; /* have is of the transfer */
	bool is_over;	     /* freed at the end of the step */
	/* IN. */
	unsigned ops;	     /* FX_BLOB that are not answered */
	struct fetching *in; /* or NULL */
	bool take_back;	     /* what is asked for: CANCEL is to be said */
	unsigned bad;	     /* chunks that were not what was offered */
	uint64_t wait_ms;    /* not asked for before; 0 */
	uint64_t retry_ms;   /* PAUSED for want of room: tried again */
	uint64_t gone_ms;    /* NAK 1 came; 0: not since the last chunk */
	/* OUT. */
	uint8_t *manifest; /* while it is served; or NULL */
	bool manifest_asked;
	unsigned reads;	 /* that are not answered */
	uint64_t served; /* bytes */
	uint8_t nak;	 /* enum nak_reason: to be said to all questions */
	/* Both. */
	uint8_t say; /* EPH to be said: 1 paused, 2 goes on */
	struct pick_meter meter;
	uint64_t told_ms; /* FX_PROGRESS */
	bool has_news;
};

static inline struct chunk_plan transfer_plan(const struct transfer *t)
{
	return (struct chunk_plan){.fid = t->row.fid,
				   .size = t->row.size,
				   .chunk_log2 = t->row.chunk_log2};
}

static inline uint32_t transfer_chunk_count(const struct transfer *t)
{
	struct chunk_plan plan = transfer_plan(t);

	return chunk_count(&plan);
}

/* A REQ of ours, or of the contact, that is not answered. */
struct req {
	struct fid fid;
	uint32_t index;
	size_t bytes; /* ours: of the whole answer */
	bool is_back; /* ours: CANCEL was said */
};

/* What a link of class BULK needs. */
struct bulk_link {
	bool is_proved; /* a frame came on it */
	bool is_begun;	/* and the record with it is over */
	bool is_spare;	/* not asked any more */
	bool was_busy;	/* when its timers were looked at last */
	uint64_t used_ms;
	/* What we ask for; the first is being answered. */
	struct req asks[REQS_MAX];
	unsigned ask_count;
	uint64_t ask_bytes; /* still to come */
	uint8_t *piece;	    /* of the first, as far as it came */
	size_t piece_have, piece_bytes;
	struct pick_meter meter;
	bool is_full; /* our disk does not keep up */
	/* What the contact asks for. */
	struct req wants[REQS_MAX];
	unsigned want_count;
	uint8_t *chunk; /* the answer to the first; NULL: not read yet */
	size_t chunk_bytes, chunk_sent;
	bool is_reading;
	unsigned ahead; /* DATA since tor had all */
};

/* The links of class BULK with a contact. */
struct bulk {
	struct link *links[BULK_LINKS_MAX]; /* OPEN, oldest first */
	size_t count;
	unsigned dials; /* of ours, not answered */
	struct backoff backoff;
	uint64_t dial_ms; /* not before */
	unsigned told;	  /* by WANT, on the session told_on */
	uint64_t told_on;
	uint64_t alone_ms; /* then we dial, if none came of it */
	unsigned wanted;   /* the same, by the contact */
	uint64_t wanted_on;
	struct pick_ladder ladder;
	unsigned need;	/* links that we want, as a receiver */
	uint64_t moved; /* bytes that came */
};

#endif
