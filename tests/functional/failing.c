/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * failing BOARD PROGRAM ARGUMENT... - becomes PROGRAM, while a child traces
 * it and all that it starts of ours, and lets single system calls fail.
 *
 * BOARD is a file that both this and a test have in memory: the test writes
 * which call of which program is to fail, this writes how far each one is.
 * See failing.py.  What is not ours (tor) is let go as soon as it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__

int main(void)
{
	fputs("failing: registers of this machine are unknown to it\n", stderr);
	return 77;
}

#else
#include <sys/user.h>

enum role { UMBELD, CORE, HTTPD, FORKED, ROLES };

/* Shared with failing.py, which has the same in Python's words. */
struct board {
	uint64_t count[ROLES]; /* calls begun */
	uint64_t target;       /* the one of `role` that fails; 0: none */
	uint32_t role;
	uint32_t variant; /* of the errors that a call may give */
	uint32_t call;	  /* what failed */
	uint32_t error;	  /* how; 0: nothing did yet */
};

enum { TASKS_MAX = 256, ERRORS_MAX = 4 };

struct task {
	pid_t pid; /* 0: free */
	enum role role;
	bool is_inside; /* of a call */
	int fails_with; /* set at its end */
};

static struct task tasks[TASKS_MAX];
static struct board *board;

/* How a call fails, as far as a program can tell from its manual. */
static const struct kind {
	int calls[16];
	int errors[ERRORS_MAX];
} kinds[] = {
    {{SYS_open, SYS_openat, SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4,
      SYS_pipe, SYS_pipe2, SYS_eventfd2, SYS_epoll_create1, SYS_dup,
      SYS_signalfd4, SYS_timerfd_create, SYS_inotify_init1},
     {EMFILE, ENOMEM, EACCES, EIO}},
    {{SYS_mmap, SYS_mremap, SYS_brk, SYS_mprotect, SYS_mlock, SYS_mlock2,
      SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_execve},
     {ENOMEM, EAGAIN, EACCES, ENOMEM}},
    {{SYS_write, SYS_writev, SYS_pwrite64, SYS_pwritev, SYS_ftruncate,
      SYS_fallocate, SYS_mkdir, SYS_rename, SYS_renameat, SYS_link},
     {ENOSPC, EIO, EDQUOT, EROFS}},
    {{SYS_read, SYS_fsync, SYS_fdatasync, SYS_readv, SYS_pread64, SYS_fstat,
      SYS_newfstatat, SYS_stat, SYS_lstat, SYS_statx, SYS_getdents64,
      SYS_unlink, SYS_unlinkat, SYS_rmdir},
     {EIO, EINTR, ENOMEM, EIO}},
    {{SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, SYS_connect,
      SYS_getsockopt, SYS_setsockopt, SYS_shutdown, SYS_bind, SYS_listen},
     {ECONNRESET, ENOBUFS, EINTR, EPIPE}},
    {{SYS_epoll_wait, SYS_epoll_pwait, SYS_poll, SYS_ppoll, SYS_futex,
      SYS_wait4, SYS_nanosleep, SYS_clock_nanosleep, SYS_flock},
     {EINTR, ENOMEM, EINTR, EAGAIN}},
};
static const int any_errors[ERRORS_MAX] = {EPERM, ENOSYS, EINVAL, ENOMEM};

static int error_of(long call, uint32_t variant)
{
	size_t i, k;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (k = 0; k < 16; k++)
			if (kinds[i].calls[k] == call && (call || k == 0))
				return kinds[i].errors[variant % ERRORS_MAX];
	return any_errors[variant % ERRORS_MAX];
}

/* They do not come back, or cannot fail. */
static bool is_spared(long call)
{
	return call == SYS_exit || call == SYS_exit_group ||
	       call == SYS_rt_sigreturn || call == SYS_restart_syscall;
}

static struct task *find(pid_t pid)
{
	size_t i;

	for (i = 0; i < TASKS_MAX; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	return NULL;
}

static pid_t group_of(pid_t pid)
{
	char path[64], line[256];
	int group = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &group) == 1)
			break;
	if (f)
		fclose(f);
	return group;
}

/* A thread is what its process is; a process was forked by umbeld. */
static struct task *meet(pid_t pid)
{
	const struct task *first = find(group_of(pid));
	struct task *t = find(0);

	if (!t)
		abort();
	*t = (struct task){.pid = pid, .role = first ? first->role : FORKED};
	return t;
}

/* false: no program of ours. */
static bool take_exec(struct task *t)
{
	static const char *const names[] = {"umbeld", "umbel-core",
					    "umbel-httpd"};
	char path[64], exe[4096];
	const char *name;
	ssize_t n;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	name = strrchr(exe, '/');
	t->is_inside = true; /* its execve() ends here */
	for (i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name + 1, names[i]) == 0) {
			t->role = (enum role)i;
			return true;
		}
	return false;
}

static long peek(pid_t pid, size_t at)
{
	return ptrace(PTRACE_PEEKUSER, pid, (void *)at, NULL);
}

static void poke(pid_t pid, size_t at, long value)
{
	ptrace(PTRACE_POKEUSER, pid, (void *)at, (void *)value);
}

static void enter_call(struct task *t)
{
	long call = peek(t->pid, offsetof(struct user_regs_struct, orig_rax));

	t->is_inside = true;
	board->count[t->role]++;
	if (!board->target || board->role != (uint32_t)t->role ||
	    board->count[t->role] < board->target || is_spared(call))
		return;
	t->fails_with = error_of(call, board->variant);
	board->target = 0;
	board->call = (uint32_t)call;
	board->error = (uint32_t)t->fails_with;
	/* Whatever close() says, the descriptor is gone. */
	if (call != SYS_close)
		poke(t->pid, offsetof(struct user_regs_struct, orig_rax), -1);
}

static void leave_call(struct task *t)
{
	t->is_inside = false;
	if (t->fails_with)
		poke(t->pid, offsetof(struct user_regs_struct, rax),
		     -t->fails_with);
	t->fails_with = 0;
}

static void take_stop(struct task *t, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		if (t->is_inside)
			leave_call(t);
		else
			enter_call(t);
		sig = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		if (!take_exec(t)) {
			ptrace(PTRACE_DETACH, t->pid, NULL, NULL);
			t->pid = 0;
			return;
		}
		sig = 0;
	} else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		/* Stopped as by kill -STOP, until somebody lets it go on. */
		ptrace(PTRACE_LISTEN, t->pid, NULL, NULL);
		return;
	} else if (event) {
		sig = 0;
	}
	ptrace(PTRACE_SYSCALL, t->pid, NULL, (void *)(long)sig);
}

static int trace(void)
{
	struct task *t;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		t = find(pid);
		if (WIFSTOPPED(status))
			take_stop(t ? t : meet(pid), status);
		else if (t)
			t->pid = 0;
	}
	return 0;
}

static void map_board(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
		       fd, 0);

	if (fd < 0 || p == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	close(fd);
	board = p;
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	pid_t self = getpid();
	int ready[2];
	char c;

	if (argc < 3 || pipe2(ready, O_CLOEXEC) != 0)
		return 1;
	map_board(argv[1]);
	if (fork() == 0) {
		if (ptrace(PTRACE_SEIZE, self, NULL, (void *)options) != 0)
			return 77;
		tasks[0].pid = self;
		ptrace(PTRACE_INTERRUPT, self, NULL, NULL);
		if (write(ready[1], "r", 1) != 1)
			return 1;
		close_range(3, ~0U, 0);
		return trace();
	}
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		return 77; /* not allowed here */
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
#endif
