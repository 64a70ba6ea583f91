/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_limits - how much room files may take on the disk.
 */
#ifndef STORE_FILE_LIMITS_H
#define STORE_FILE_LIMITS_H

#include <stdint.h>

struct file_limits {
	uint64_t user_bytes;	  /* all of a user's */
	uint64_t contact_bytes;	  /* what one contact sent him */
	uint64_t keep_free_bytes; /* of the disk, for everything else */
};

static inline struct file_limits file_limits_default(void)
{
	return (struct file_limits){
	    .user_bytes = UINT64_C(20) << 30,
	    .contact_bytes = UINT64_C(10) << 30,
	    .keep_free_bytes = UINT64_C(1) << 30,
	};
}

#endif
