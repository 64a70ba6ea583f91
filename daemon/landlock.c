/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "landlock.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

/* The kernel's headers of Debian 12 end at ABI 2. */
#define FS_ABI_1     ((UINT64_C(1) << 13) - 1)
#define FS_REFER     (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define NET_ALL	     UINT64_C(3)	 /* ABI 4: bind and connect, TCP */
#define NET_BIND     UINT64_C(1)
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ALL    UINT64_C(3)	 /* ABI 6: abstract, signal */
#define SCOPE_SOCKET UINT64_C(1)

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
    LANDLOCK_ACCESS_FS_MAKE_REG | FS_REFER | FS_TRUNCATE;

static const uint64_t bind_access = LANDLOCK_ACCESS_FS_READ_DIR |
				    LANDLOCK_ACCESS_FS_REMOVE_FILE |
				    LANDLOCK_ACCESS_FS_MAKE_SOCK;

/* What can be said of what is no folder. */
static const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE |
				 LANDLOCK_ACCESS_FS_READ_FILE |
				 LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;

/* Nothing that leaves the disk as it is. */
static const uint64_t no_change = LANDLOCK_ACCESS_FS_EXECUTE |
				  LANDLOCK_ACCESS_FS_READ_FILE |
				  LANDLOCK_ACCESS_FS_READ_DIR | FS_IOCTL_DEV;

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

static enum err add_path(int set, const char *path, int flags, uint64_t access)
{
	struct landlock_path_beneath_attr attr = {.allowed_access = access};
	long r;

	attr.parent_fd = open(path, O_PATH | O_CLOEXEC | flags);
	if (attr.parent_fd < 0)
		return ERR_IO;
	r = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
		    &attr, 0);
	close(attr.parent_fd);
	return r == 0 ? OK : ERR_IO;
}

static enum err add_rule(int set, const struct landlock_rule *rule,
			 uint64_t handled)
{
	static const uint64_t *const access[] = {[LANDLOCK_READ] = &read_access,
						 [LANDLOCK_OWN] = &own_access,
						 [LANDLOCK_BIND] =
						     &bind_access};

	return add_path(set, rule->path, O_DIRECTORY,
			handled & *access[rule->use]);
}

int landlock_abi(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);

	return version < 1 ? 0 : (int)version;
}

enum err landlock_enter(const struct landlock_rule *rules, size_t count,
			bool connects, int *abi)
{
	int version = landlock_abi();
	struct ruleset ruleset;
	enum err e = OK;
	size_t i;
	int set;

	if (version < 1)
		return ERR_VERSION;
	ruleset = ruleset_for(version);
	if (connects)
		ruleset.net &= NET_BIND;
	set = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
			   ruleset_bytes(version), 0);
	if (set < 0)
		return ERR_IO;
	for (i = 0; i < count && e == OK; i++)
		e = add_rule(set, &rules[i], ruleset.fs);
	if (e == OK && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		e = ERR_IO;
	close(set);
	if (e == OK)
		*abi = version;
	return e;
}

/* All that there is in a folder, but one. */
static void allow_rest(int set, uint64_t handled, DIR *folder,
		       const char *but_not)
{
	struct dirent *d;

	while ((d = readdir(folder))) {
		struct landlock_path_beneath_attr attr = {.parent_fd = -1};
		struct stat st;

		if (!strcmp(d->d_name, but_not) || !strcmp(d->d_name, ".") ||
		    !strcmp(d->d_name, ".."))
			continue;
		attr.parent_fd = openat(dirfd(folder), d->d_name,
					O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (attr.parent_fd < 0)
			continue;
		if (fstat(attr.parent_fd, &st) == 0 && !S_ISLNK(st.st_mode)) {
			attr.allowed_access =
			    S_ISDIR(st.st_mode) ? handled : handled & of_files;
			/* One that cannot be allowed stays closed. */
			(void)syscall(SYS_landlock_add_rule, set,
				      LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
		}
		close(attr.parent_fd);
	}
}

/* Rules can only allow: so all that is beside the way down to the folder. */
static enum err allow_beside(int set, uint64_t handled, char *folder)
{
	char *at = folder;

	while (*at == '/') {
		size_t n = strcspn(at + 1, "/");
		char kept = at[1 + n], first = at[1];
		DIR *dir;

		at[1] = '\0'; /* what is above, with its slash */
		dir = opendir(folder);
		at[1] = first;
		if (!dir)
			return ERR_IO;
		at[1 + n] = '\0';
		allow_rest(set, handled, dir, at + 1);
		at[1 + n] = kept;
		closedir(dir);
		at += 1 + n;
	}
	return OK;
}

enum err landlock_close(const char *folder)
{
	int version = landlock_abi();
	struct ruleset ruleset = {ruleset_for(version).fs & ~FS_IOCTL_DEV, 0,
				  0};
	char *whole = realpath(folder, NULL);
	enum err e = ERR_IO;
	int set = -1;

	if (whole && version > 0)
		set = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
				   ruleset_bytes(version), 0);
	if (set >= 0)
		e = allow_beside(set, ruleset.fs, whole);
	if (e == OK && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		e = ERR_IO;
	if (set >= 0)
		close(set);
	free(whole);
	return version > 0 ? e : ERR_VERSION;
}

enum err landlock_write_only_to(const char *const *folders, size_t count)
{
	int version = landlock_abi();
	struct ruleset ruleset = ruleset_for(version);
	enum err e;
	size_t i;
	int set;

	if (version < 1)
		return ERR_VERSION;
	ruleset.fs &= ~no_change;
	ruleset.net = 0;
	ruleset.scoped &= SCOPE_SOCKET;
	set = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
			   ruleset_bytes(version), 0);
	if (set < 0)
		return ERR_IO;
	e = add_path(set, "/dev/null", 0, ruleset.fs & of_files);
	for (i = 0; i < count && e == OK; i++)
		e = add_path(set, folders[i], O_DIRECTORY, ruleset.fs);
	if (e == OK && syscall(SYS_landlock_restrict_self, set, 0) != 0)
		e = ERR_IO;
	close(set);
	return e;
}
