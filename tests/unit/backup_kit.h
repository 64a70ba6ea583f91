/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup_kit - what tests of exports have in common.
 */
#ifndef TESTS_UNIT_BACKUP_KIT_H
#define TESTS_UNIT_BACKUP_KIT_H

#include "store/backup.h"
#include "store_kit.h"

extern const struct kdf_params cheap;
extern const struct bytes words; /* the passphrase */
extern const struct backup_user alice;

/* Of the archive, in the kit's folder. */
const char *path_of(struct kit *k);
/* Of alice, into a store of its own, which is started here. */
enum err import_to(struct kit *to, const char *path);

#endif
