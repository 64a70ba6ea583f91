/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_jail.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "filter.h"
#include "landlock.h"
#include "util/log.h"

/* Below every program, heap, stack and library, so that nothing of tor's is
 * ever at this address; above what mmap_min_addr keeps free. */
#define PATH_ADDRESS UINT64_C(0x100000)
#define PATH_ROOM    4096
/* Or all above could be filled up, and the kernel map something down there. */
#define SPACE_MAX (UINT64_C(64) << 30)

enum err tor_jail_path(const char *path, const char **at)
{
	/* An address by number is what this is about. */
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	void *wanted = (void *)(uintptr_t)PATH_ADDRESS;
	/* That of the time before, when all is started again. */
	static void *ours;
	void *page;

	if (ours)
		munmap(ours, PATH_ROOM);
	ours = NULL;
	if (strlen(path) >= PATH_ROOM)
		return ERR_FULL;
	page = mmap(wanted, PATH_ROOM, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (page == MAP_FAILED)
		return ERR_IO;
	if (page != wanted) { /* a kernel that does not know the flag */
		munmap(page, PATH_ROOM);
		return ERR_IO;
	}
	ours = page;
	strcpy(page, path);
	if (mprotect(page, PATH_ROOM, PROT_READ) != 0)
		return ERR_IO;
	*at = page;
	return OK;
}

/* The last thing, since a program with sanitizers has more already. */
static enum err shut_programs_out(void)
{
	const struct rlimit space = {SPACE_MAX, SPACE_MAX};
	struct rlimit had;
	enum err e = filter_exec_only(PATH_ADDRESS);

	if (e != OK)
		return e;
	if (getrlimit(RLIMIT_AS, &had) == 0 && had.rlim_max <= SPACE_MAX)
		return OK;
	return setrlimit(RLIMIT_AS, &space) == 0 ? OK : ERR_IO;
}

bool tor_jail_enter(void *arg)
{
	const struct tor_jail *jail = arg;
	enum err e = landlock_write_only_to(jail->folders, jail->folder_count);

	if (e == ERR_VERSION)
		log_warn("this kernel has no Landlock: tor may write to every "
			 "folder of ours");
	if (e == OK || e == ERR_VERSION)
		e = jail->runs_programs ? OK : shut_programs_out();
	if (e != OK)
		log_error("tor cannot be shut in: %s", strerror(errno));
	return e == OK;
}
