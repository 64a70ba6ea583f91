/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "util/mem.h"

#define SOCK_TYPE_MASK 0xf
#define SMALLEST_PAGE  UINT64_C(0x1000)
#define LARGEST_PAGE   UINT64_C(0x10000)
#define MREMAP_KEEPS   4      /* MREMAP_DONTUNMAP, which takes a place, too */
#define MAPS_VDSO      0x2000 /* ARCH_MAP_VDSO_X32, _32 and _64 are 1 to 3 more */
#define NEW_NAMESPACES                                                         \
	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS |         \
	 CLONE_NEWPID | CLONE_NEWUSER | CLONE_NEWUTS)

/* One argument of a call, compared under a mask. */
struct arg {
	unsigned at;
	uint64_t mask;
	uint64_t value;
};

/* A call allowed only with these arguments; none: mask 0 is no condition. */
struct narrow {
	int call;
	struct arg a;
	struct arg b;
};

#define ALL UINT64_MAX
/* Arguments declared int: the kernel ignores the upper half. */
#define INT UINT64_C(0xffffffff)
#define IS(n, v)                                                               \
	{                                                                      \
		(n), INT, (uint64_t)(uint32_t)(v)                              \
	}
#define BITS(n, m, v)                                                          \
	{                                                                      \
		(n), (m), (v)                                                  \
	}
#define ANY                                                                    \
	{                                                                      \
		0, 0, 0                                                        \
	}

static const int all_calls[] = {
    /* descriptors that are there */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pread64), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(fstat),
    SCMP_SYS(lseek), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    SCMP_SYS(pipe), SCMP_SYS(pipe2),
    /* sockets that are there */
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(shutdown),
    /* the loop */
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime),
    /* time, chance, self */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(uname), SCMP_SYS(getrlimit), SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    /* memory, signals, the end */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(futex),
    SCMP_SYS(membarrier), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group)};

/* Landlock says which paths.  Nothing here changes the mode, owner, times
 * or attributes of a file by its path: Landlock does not cover those. */
static const int core_calls[] = {
    SCMP_SYS(open),	  SCMP_SYS(openat),	SCMP_SYS(stat),
    SCMP_SYS(lstat),	  SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(statfs),	  SCMP_SYS(fstatfs),	SCMP_SYS(access),
    SCMP_SYS(faccessat),  SCMP_SYS(readlink),	SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),	  SCMP_SYS(mkdir),	SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),	  SCMP_SYS(unlink),	SCMP_SYS(unlinkat),
    SCMP_SYS(rename),	  SCMP_SYS(renameat),	SCMP_SYS(renameat2),
    SCMP_SYS(getdents64), SCMP_SYS(fsync),	SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),  SCMP_SYS(fallocate),	SCMP_SYS(fadvise64),
    SCMP_SYS(pwrite64),	  SCMP_SYS(preadv),	SCMP_SYS(pwritev),
    SCMP_SYS(flock),	  SCMP_SYS(fchmod),	SCMP_SYS(fchown),
    SCMP_SYS(umask),	  SCMP_SYS(bind),	SCMP_SYS(listen)};

/* Newer ways to do what the C library can do in an older one. */
static const int missing_calls[] = {SCMP_SYS(clone3), SCMP_SYS(openat2),
				    SCMP_SYS(faccessat2),
				    SCMP_SYS(futex_waitv)};

static const struct narrow all_narrow[] = {
    /* One of a pair of datagrams can be sent from to any path. */
    {SCMP_SYS(socketpair), IS(0, AF_UNIX),
     BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)},
    {SCMP_SYS(socketpair), IS(0, AF_UNIX),
     BITS(1, SOCK_TYPE_MASK, SOCK_SEQPACKET)},
    /* A shut-down listener could connect() by a first datagram. */
    {SCMP_SYS(sendto), BITS(3, MSG_FASTOPEN, 0), BITS(4, ALL, 0)},
    {SCMP_SYS(sendmsg), BITS(2, MSG_FASTOPEN, 0), ANY},
    {SCMP_SYS(mmap), BITS(2, PROT_EXEC, 0), ANY},
    {SCMP_SYS(mprotect), BITS(2, PROT_EXEC, 0), ANY},
    {SCMP_SYS(fcntl), IS(1, F_GETFD), ANY},
    {SCMP_SYS(fcntl), IS(1, F_SETFD), ANY},
    {SCMP_SYS(fcntl), IS(1, F_GETFL), ANY},
    {SCMP_SYS(fcntl), IS(1, F_SETFL), ANY},
    {SCMP_SYS(fcntl), IS(1, F_DUPFD), ANY},
    {SCMP_SYS(fcntl), IS(1, F_DUPFD_CLOEXEC), ANY},
    {SCMP_SYS(ioctl), IS(1, FIONREAD), ANY},
    {SCMP_SYS(ioctl), IS(1, FIONBIO), ANY},
    {SCMP_SYS(ioctl), IS(1, TCGETS), ANY},
    {SCMP_SYS(prctl), IS(0, PR_SET_NAME), ANY},
    {SCMP_SYS(prctl), IS(0, PR_GET_NAME), ANY},
    {SCMP_SYS(prctl), IS(0, PR_GET_DUMPABLE), ANY},
    {SCMP_SYS(prctl), IS(0, PR_SET_VMA), ANY},
    {SCMP_SYS(prlimit64), IS(0, 0), BITS(2, ALL, 0)},
    {SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_SNDBUF)},
    {SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_RCVBUF)},
    {SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_REUSEADDR)},
    {SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE)},
    {SCMP_SYS(setsockopt), IS(1, SOL_SOCKET), IS(2, SO_LINGER)},
    {SCMP_SYS(setsockopt), IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)},
    {SCMP_SYS(setsockopt), IS(1, IPPROTO_TCP), IS(2, TCP_CORK)}};

/* By TCP, or to a unix socket; not by UDP, so no name is ever asked for. */
static const struct narrow webhooks_narrow[] = {
    {SCMP_SYS(socket), IS(0, AF_UNIX), BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)},
    {SCMP_SYS(socket), IS(0, AF_INET), BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)},
    {SCMP_SYS(socket), IS(0, AF_INET6), BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)}};

/* Of webhooks and of the broker. */
static const int connect_calls[] = {SCMP_SYS(connect)};

static const struct narrow broker_narrow[] = {
    {SCMP_SYS(socket), IS(0, AF_UNIX), BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)}};

static const struct narrow core_narrow[] = {
    {SCMP_SYS(socket), IS(0, AF_UNIX), BITS(1, SOCK_TYPE_MASK, SOCK_STREAM)},
    {SCMP_SYS(clone), BITS(0, CLONE_THREAD | NEW_NAMESPACES, CLONE_THREAD),
     ANY},
    {SCMP_SYS(fcntl), IS(1, F_GETLK), ANY},
    {SCMP_SYS(fcntl), IS(1, F_SETLK), ANY},
    {SCMP_SYS(fcntl), IS(1, F_SETLKW), ANY},
    {SCMP_SYS(fcntl), IS(1, F_OFD_GETLK), ANY},
    {SCMP_SYS(fcntl), IS(1, F_OFD_SETLK), ANY}};

static int allow_all(scmp_filter_ctx f, const int *calls, size_t count)
{
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return r;
}

static int allow_narrow(scmp_filter_ctx f, const struct narrow *rules,
			size_t count)
{
	struct scmp_arg_cmp cmp[2];
	unsigned n;
	size_t i;
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		const struct arg *a = &rules[i].a, *b = &rules[i].b;

		n = 0;
		if (a->mask)
			cmp[n++] = SCMP_CMP64(a->at, SCMP_CMP_MASKED_EQ,
					      a->mask, a->value);
		if (b->mask)
			cmp[n++] = SCMP_CMP64(b->at, SCMP_CMP_MASKED_EQ,
					      b->mask, b->value);
		r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, rules[i].call, n,
					   cmp);
	}
	return r;
}

/* Signals to itself: abort(), raise(), pthread_kill(). */
static int allow_own_signals(scmp_filter_ctx f)
{
	const struct narrow rules[] = {
	    {SCMP_SYS(kill), IS(0, getpid()), ANY},
	    {SCMP_SYS(tgkill), IS(0, getpid()), ANY}};

	return allow_narrow(f, rules, ARRAY_SIZE(rules));
}

static int refuse_politely(scmp_filter_ctx f)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(missing_calls) && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
				     missing_calls[i], 0);
	return r;
}

/* What one process may do besides. */
struct more {
	const int *calls;
	size_t call_count;
	const struct narrow *narrow;
	size_t narrow_count;
};

static int add_rules(scmp_filter_ctx f, const struct more *more)
{
	int r = allow_all(f, all_calls, ARRAY_SIZE(all_calls));

	if (r == 0)
		r = allow_narrow(f, all_narrow, ARRAY_SIZE(all_narrow));
	if (r == 0)
		r = allow_own_signals(f);
	if (r == 0)
		r = refuse_politely(f);
	if (r == 0)
		r = allow_all(f, more->calls, more->call_count);
	if (r == 0)
		r = allow_narrow(f, more->narrow, more->narrow_count);
	return r;
}

static enum err enter(const struct more *more)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!f)
		return ERR_IO;
	/* All threads, and a tree instead of a long chain of comparisons. */
	r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = add_rules(f, more);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r != 0)
		errno = -r;
	return r == 0 ? OK : ERR_IO;
}

enum err filter_enter_core(void)
{
	const struct more more = {core_calls, ARRAY_SIZE(core_calls),
				  core_narrow, ARRAY_SIZE(core_narrow)};

	return enter(&more);
}

enum err filter_enter_httpd(void)
{
	const struct more nothing = {NULL, 0, NULL, 0};

	return enter(&nothing);
}

enum err filter_enter_webhooks(void)
{
	const struct more more = {connect_calls, ARRAY_SIZE(connect_calls),
				  webhooks_narrow, ARRAY_SIZE(webhooks_narrow)};

	return enter(&more);
}

enum err filter_enter_broker(void)
{
	const struct more more = {connect_calls, ARRAY_SIZE(connect_calls),
				  broker_narrow, ARRAY_SIZE(broker_narrow)};

	return enter(&more);
}

static int refuse_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp a)
{
	return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 1, a);
}

/* Nothing is mapped where the masked part of the address is that. */
static int map_nothing_at(scmp_filter_ctx f, uint64_t mask, uint64_t value)
{
	static const unsigned moves[] = {MREMAP_FIXED, MREMAP_KEEPS};
	size_t i;
	int r = refuse_if(f, SCMP_SYS(mmap),
			  SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, mask, value));

	if (r == 0)
		r = refuse_if(f, SCMP_SYS(shmat),
			      SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, mask, value));
	for (i = 0; i < ARRAY_SIZE(moves) && r == 0; i++)
		r = seccomp_rule_add(
		    f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mremap), 2,
		    SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, moves[i], moves[i]),
		    SCMP_CMP64(4, SCMP_CMP_MASKED_EQ, mask, value));
	return r;
}

/* After exec nothing is at the address, a power of two, and it has to stay so:
 * neither there nor from below it on or down to it, nor the vdso. */
static int keep_free(scmp_filter_ctx f, uint64_t address)
{
	int r = map_nothing_at(f, ~(LARGEST_PAGE - 1), address);
	uint64_t bit;

	for (bit = SMALLEST_PAGE; bit < address && r == 0; bit <<= 1)
		r = map_nothing_at(f, ~(address - 1) | bit, bit);
	if (r == 0)
		r = refuse_if(f, SCMP_SYS(mmap),
			      SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MAP_GROWSDOWN,
					 MAP_GROWSDOWN));
	if (r == 0)
		r = refuse_if(f, SCMP_SYS(arch_prctl),
			      SCMP_CMP64(0, SCMP_CMP_MASKED_EQ,
					 INT & ~UINT64_C(3), MAPS_VDSO));
	return r;
}

enum err filter_exec_only(uint64_t address)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!f)
		return ERR_IO;
	r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(execve), 1,
			     SCMP_CMP64(0, SCMP_CMP_NE, address, 0));
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM),
				     SCMP_SYS(execveat), 0);
	if (r == 0)
		r = keep_free(f, address);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	if (r != 0)
		errno = -r;
	return r == 0 ? OK : ERR_IO;
}
