/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/forbidden.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "util/mem.h"

#define TRY(name)                                                              \
	static int try_##name(const struct victim *v __attribute__((unused)))

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int open_and_close(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int make_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

TRY(read_passwd)
{
	return open_and_close("/etc/passwd", O_RDONLY);
}

TRY(read_maps)
{
	return open_and_close("/proc/self/maps", O_RDONLY);
}

TRY(write_mem)
{
	return open_and_close("/proc/self/mem", O_RDWR);
}

TRY(list_root)
{
	DIR *d = opendir("/");

	if (!d)
		return errno;
	closedir(d);
	return 0;
}

TRY(read_outside)
{
	return open_and_close(v->outside, O_RDONLY);
}

TRY(write_outside)
{
	return open_and_close(v->outside, O_WRONLY | O_APPEND);
}

TRY(make_outside)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/new", v->elsewhere);
	return open_and_close(path, O_WRONLY | O_CREAT | O_EXCL);
}

TRY(mkdir_outside)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/folder", v->elsewhere);
	return result(mkdir(path, 0700));
}

TRY(unlink_outside)
{
	return result(unlink(v->outside));
}

TRY(truncate_outside)
{
	return result(truncate(v->outside, 0));
}

TRY(rename_out)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/stolen", v->elsewhere);
	return result(rename(v->inside, path));
}

TRY(rename_in)
{
	char path[160];

	snprintf(path, sizeof(path), "%s.taken", v->inside);
	return result(rename(v->outside, path));
}

TRY(link_in)
{
	char path[160];

	snprintf(path, sizeof(path), "%s.link", v->inside);
	return result(link(v->outside, path));
}

TRY(symlink_in)
{
	char path[160];

	snprintf(path, sizeof(path), "%s.symlink", v->inside);
	return result(symlink("/etc/passwd", path));
}

TRY(fifo_in)
{
	char path[160];

	snprintf(path, sizeof(path), "%s.fifo", v->inside);
	return result(mkfifo(path, 0600));
}

TRY(chmod_outside)
{
	return result(chmod(v->outside, 0777));
}

TRY(chown_outside)
{
	return result(chown(v->outside, getuid(), getgid()));
}

TRY(touch_outside)
{
	return result(utimensat(AT_FDCWD, v->outside, NULL, 0));
}

TRY(xattr_outside)
{
	return result(setxattr(v->outside, "user.x", "x", 1, 0));
}

TRY(chroot)
{
	return result(chroot("/"));
}

TRY(mount)
{
	return result(mount("none", v->elsewhere, "tmpfs", 0, NULL));
}

TRY(handle)
{
	char handle[128] = {0};

	return result(
	    syscall(SYS_open_by_handle_at, AT_FDCWD, handle, O_RDONLY));
}

TRY(inet_stream)
{
	return make_socket(AF_INET, SOCK_STREAM, 0);
}

TRY(inet_datagram)
{
	return make_socket(AF_INET, SOCK_DGRAM, 0);
}

TRY(inet6_stream)
{
	return make_socket(AF_INET6, SOCK_STREAM, 0);
}

TRY(inet6_datagram)
{
	return make_socket(AF_INET6, SOCK_DGRAM, 0);
}

TRY(inet_raw)
{
	return make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

TRY(netlink)
{
	return make_socket(AF_NETLINK, SOCK_RAW, 0);
}

TRY(packet)
{
	return make_socket(AF_PACKET, SOCK_RAW, 0);
}

TRY(vsock)
{
	return make_socket(40, SOCK_STREAM, 0);
}

TRY(unix_datagram)
{
	return make_socket(AF_UNIX, SOCK_DGRAM, 0);
}

TRY(unix_connect)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), e;

	if (fd < 0)
		return errno;
	memcpy(sun.sun_path, v->bus, sizeof(sun.sun_path));
	e = result(connect(fd, (struct sockaddr *)&sun, sizeof(sun)));
	close(fd);
	return e;
}

/* From these sendmsg() reaches every path. */
TRY(pair_of_datagrams)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static struct sockaddr_in address_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t n = sizeof(sin);

	memset(&sin, 0, sizeof(sin));
	getsockname(fd, (struct sockaddr *)&sin, &n);
	return sin;
}

TRY(connect_inherited)
{
	struct sockaddr_in sin = address_of(v->listener);

	return result(connect(v->tcp, (struct sockaddr *)&sin, sizeof(sin)));
}

TRY(bind_inherited)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	return result(bind(v->tcp, (struct sockaddr *)&sin, sizeof(sin)));
}

TRY(fast_open)
{
	struct sockaddr_in sin = address_of(v->listener);

	return result(sendto(v->tcp, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
			     (struct sockaddr *)&sin, sizeof(sin)));
}

TRY(socket_filter)
{
	struct sock_filter pass = {BPF_RET | BPF_K, 0, 0, 0xffff};
	struct sock_fprog program = {1, &pass};

	return result(setsockopt(v->tcp, SOL_SOCKET, SO_ATTACH_FILTER, &program,
				 sizeof(program)));
}

TRY(exec)
{
	char *argv[] = {(char *)(uintptr_t) "true", NULL};

	return result(execve("/bin/true", argv, NULL));
}

TRY(exec_memfd)
{
	int fd = memfd_create("x", MFD_CLOEXEC);

	return result(fd);
}

TRY(exec_descriptor)
{
	char *argv[] = {(char *)(uintptr_t) "x", NULL};

	return result(
	    syscall(SYS_execveat, v->file, "", argv, NULL, AT_EMPTY_PATH));
}

TRY(fork)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return result(pid);
}

TRY(clone_namespace)
{
	long pid =
	    syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return result(pid);
}

TRY(ptrace)
{
	return result(ptrace(PTRACE_ATTACH, v->pid, NULL, NULL));
}

TRY(read_memory)
{
	char here[8];
	struct iovec to = {here, sizeof(here)};
	struct iovec from = {(void *)(uintptr_t)v, sizeof(here)};

	return result(process_vm_readv(v->pid, &to, 1, &from, 1, 0));
}

TRY(kill)
{
	return result(kill(v->pid, 0));
}

TRY(kill_all)
{
	return result(kill(-1, 0));
}

TRY(tgkill)
{
	return result(syscall(SYS_tgkill, v->pid, v->pid, 0));
}

TRY(queue_signal)
{
	siginfo_t info = {.si_code = SI_QUEUE};

	return result(syscall(SYS_rt_sigqueueinfo, v->pid, 0, &info));
}

TRY(pidfd)
{
	return result(syscall(SYS_pidfd_open, v->pid, 0));
}

TRY(signal_by_owner)
{
	return result(fcntl(v->file, F_SETOWN, v->pid));
}

TRY(bpf)
{
	char attr[64] = {0};

	return result(syscall(SYS_bpf, 0, attr, sizeof(attr)));
}

TRY(perf)
{
	char attr[128] = {0};

	return result(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

TRY(io_uring)
{
	char params[256] = {0};

	return result(syscall(SYS_io_uring_setup, 1, params));
}

TRY(userfaultfd)
{
	return result(syscall(SYS_userfaultfd, 0));
}

TRY(keyring)
{
	return result(syscall(SYS_keyctl, 0, -3, 0));
}

TRY(new_user_namespace)
{
	return result(unshare(CLONE_NEWUSER));
}

TRY(new_network_namespace)
{
	return result(unshare(CLONE_NEWNET));
}

TRY(old_network_namespace)
{
	return result(setns(v->net_ns, CLONE_NEWNET));
}

TRY(map_code)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

TRY(make_code)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : result(mprotect(p, 4096, PROT_EXEC));
}

TRY(shared_memory)
{
	return result(shmget(IPC_PRIVATE, 4096, 0600));
}

TRY(type_into_terminal)
{
	char c = 'x';

	return result(ioctl(v->file, TIOCSTI, &c));
}

TRY(be_dumpable)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

TRY(dump_core)
{
	struct rlimit r = {4096, 4096};

	return result(setrlimit(RLIMIT_CORE, &r));
}

TRY(become_root)
{
	return result(syscall(SYS_setresuid, 0, 0, 0));
}

TRY(set_clock)
{
	struct timeval tv = {0, 0};

	return result(settimeofday(&tv, NULL));
}

TRY(host_name)
{
	return result(sethostname("x", 1));
}

TRY(kernel_module)
{
	return result(syscall(SYS_finit_module, v->file, "", 0));
}

TRY(system_log)
{
	return result(syscall(SYS_syslog, 10, NULL, 0));
}

#define AT(name)                                                               \
	{                                                                      \
#name, try_##name, false                                       \
	}
#define AT_PATHS(name)                                                         \
	{                                                                      \
#name, try_##name, true                                        \
	}

const struct attempt attempts[] = {
    AT_PATHS(read_passwd),
    AT_PATHS(read_maps),
    AT_PATHS(write_mem),
    AT_PATHS(list_root),
    AT_PATHS(read_outside),
    AT_PATHS(write_outside),
    AT_PATHS(make_outside),
    AT_PATHS(mkdir_outside),
    AT_PATHS(unlink_outside),
    AT(truncate_outside),
    AT_PATHS(rename_out),
    AT_PATHS(rename_in),
    AT(link_in),
    AT(symlink_in),
    AT(fifo_in),
    AT(chmod_outside),
    AT(chown_outside),
    AT(touch_outside),
    AT(xattr_outside),
    AT(chroot),
    AT(mount),
    AT(handle),
    AT(inet_stream),
    AT(inet_datagram),
    AT(inet6_stream),
    AT(inet6_datagram),
    AT(inet_raw),
    AT(netlink),
    AT(packet),
    AT(vsock),
    AT(unix_datagram),
    AT(unix_connect),
    AT(pair_of_datagrams),
    AT_PATHS(connect_inherited),
    AT_PATHS(bind_inherited),
    AT(fast_open),
    AT(socket_filter),
    AT(exec),
    AT(exec_memfd),
    AT(exec_descriptor),
    AT(fork),
    AT(clone_namespace),
    AT(ptrace),
    AT(read_memory),
    AT(kill),
    AT(kill_all),
    AT(tgkill),
    AT(queue_signal),
    AT(pidfd),
    AT(signal_by_owner),
    AT(bpf),
    AT(perf),
    AT(io_uring),
    AT(userfaultfd),
    AT(keyring),
    AT(new_user_namespace),
    AT(new_network_namespace),
    AT(old_network_namespace),
    AT(map_code),
    AT(make_code),
    AT(shared_memory),
    AT(type_into_terminal),
    AT(be_dumpable),
    AT(dump_core),
    AT(become_root),
    AT(set_clock),
    AT(host_name),
    AT(kernel_module),
    AT(system_log),
};
const size_t attempt_count = ARRAY_SIZE(attempts);
