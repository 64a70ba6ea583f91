/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a program may exec after filter_exec_only() stands at one address; here
 * somebody who runs code of his own in it tries to get something there.
 */
#include "tests/unit/check.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "tests/unit/need.h"

#define PLACE ((char *)(uintptr_t)0x100000)
#define PAGE  ((size_t)4096)
#define PROT  (PROT_READ | PROT_WRITE)
#define FLAGS (MAP_PRIVATE | MAP_ANONYMOUS)
#define KEEP  4 /* MREMAP_DONTUNMAP */

/* In a child, since there is no way back. */
static void try(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define REFUSED(p) NEED((void *)(p) == MAP_FAILED && errno == EPERM)

static void shut(void)
{
	NEED(filter_exec_only((uint64_t)(uintptr_t)PLACE) == OK);
}

/* Or the refusals below would be another's. */
static void the_place_is_free(void)
{
	NEED(mmap(PLACE, PAGE, PROT, FLAGS | MAP_FIXED, -1, 0) == PLACE);
}

static void map_it(void)
{
	shut();
	REFUSED(mmap(PLACE, PAGE, PROT, FLAGS | MAP_FIXED, -1, 0));
	REFUSED(mmap(PLACE, PAGE, PROT, FLAGS, -1, 0));
	REFUSED(mmap(PLACE + 1, PAGE, PROT, FLAGS, -1, 0));
	REFUSED(mmap(PLACE - PAGE, 2 * PAGE, PROT, FLAGS | MAP_FIXED, -1, 0));
	REFUSED(mmap(PLACE - 16 * PAGE, 32 * PAGE, PROT, FLAGS, -1, 0));
	REFUSED(
	    mmap(PLACE - 0xf0000, 0x200000, PROT, FLAGS | MAP_FIXED, -1, 0));
	REFUSED(mmap(PLACE + 32 * PAGE, PAGE, PROT,
		     FLAGS | MAP_FIXED | MAP_GROWSDOWN, -1, 0));
}

static void move_it(void)
{
	char *page = mmap(NULL, PAGE, PROT, FLAGS, -1, 0);

	NEED(page != MAP_FAILED);
	shut();
	REFUSED(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, PLACE));
	REFUSED(mremap(page, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       PLACE - PAGE));
	REFUSED(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | KEEP, PLACE));
}

static void attach_it(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	bool refused;

	NEED(id >= 0);
	shut();
	refused = shmat(id, PLACE, 0) == MAP_FAILED && errno == EPERM &&
		  shmat(id, PLACE + 1, SHM_RND) == MAP_FAILED && errno == EPERM;
	shmctl(id, IPC_RMID, NULL);
	NEED(refused);
}

static void run_another(void)
{
	char *const none[] = {NULL};

	shut();
	NEED(execve("/bin/true", none, none) != 0 && errno == EPERM);
	NEED(syscall(SYS_execveat, -1, "/bin/true", none, none, 0) != 0 &&
	     errno == EPERM);
#ifdef SYS_arch_prctl
	for (int vdso = 0x2001; vdso <= 0x2003; vdso++)
		NEED(syscall(SYS_arch_prctl, vdso, PLACE) != 0 &&
		     errno == EPERM);
#endif
}

/* tor needs its memory. */
static void all_else_goes_on(void)
{
	char *page;

	shut();
	page = mmap(NULL, PAGE, PROT, FLAGS, -1, 0);
	NEED(page != MAP_FAILED);
	NEED(mremap(page, PAGE, 64 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED);
	NEED(mmap(PLACE + 16 * PAGE, PAGE, PROT, FLAGS | MAP_FIXED, -1, 0) ==
	     PLACE + 16 * PAGE);
	NEED(mmap(PLACE + 0x100000, PAGE, PROT, FLAGS | MAP_FIXED, -1, 0) ==
	     PLACE + 0x100000);
}

static void nothing_comes_to_the_place(void **state)
{
	(void)state;
	try(the_place_is_free);
	try(map_it);
	try(move_it);
	try(attach_it);
}

static void nothing_else_is_run(void **state)
{
	(void)state;
	try(run_another);
}

static void memory_is_as_before(void **state)
{
	(void)state;
	try(all_else_goes_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_comes_to_the_place),
	    cmocka_unit_test(nothing_else_is_run),
	    cmocka_unit_test(memory_is_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
