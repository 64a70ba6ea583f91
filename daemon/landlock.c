/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "landlock.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

/* The kernel's headers of Debian 12 end at ABI 2. */
#define FS_ABI_1     ((UINT64_C(1) << 13) - 1)
#define FS_REFER     (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define NET_ALL	     UINT64_C(3)	 /* ABI 4: bind and connect, TCP */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ALL    UINT64_C(3)	 /* ABI 6: abstract, signal */

/* struct landlock_ruleset_attr as of ABI 6. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static const uint64_t read_access = LANDLOCK_ACCESS_FS_READ_FILE;

static const uint64_t own_access =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | FS_REFER |
    FS_TRUNCATE;

static struct ruleset ruleset_for(int abi)
{
	struct ruleset r = {FS_ABI_1, 0, 0};

	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4)
		r.net = NET_ALL;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

static size_t ruleset_bytes(int abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped)
			: offsetof(struct ruleset, net);
}

static enum err add_rule(int set, const struct landlock_rule *rule,
			 uint64_t handled)
{
	struct landlock_path_beneath_attr attr = {
	    .allowed_access =
		handled &
		(rule->use == LANDLOCK_OWN ? own_access : read_access)};
	long r;

	attr.parent_fd = open(rule->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (attr.parent_fd < 0)
		return ERR_IO;
	r = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
		    &attr, 0);
	close(attr.parent_fd);
	return r == 0 ? OK : ERR_IO;
}

enum err landlock_enter(const struct landlock_rule *rules, size_t count,
			int *abi)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset;
	enum err e = OK;
	size_t i;
	int set;

	if (version < 1)
		return ERR_VERSION;
	ruleset = ruleset_for((int)version);
	set = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
			   ruleset_bytes((int)version), 0);
	if (set < 0)
		return ERR_IO;
	for (i = 0; i < count && e == OK; i++)
		e = add_rule(set, &rules[i], ruleset.fs);
	if (e == OK && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		e = ERR_IO;
	close(set);
	if (e == OK)
		*abi = (int)version;
	return e;
}
