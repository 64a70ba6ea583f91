/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "config.h"
#include "filter.h"
#include "landlock.h"
#include "util/file.h"
#include "util/log.h"

#ifdef SANITIZERS
static bool entered;

/* The leak check at exit traces the process from a child of its own, which
 * no sandbox of ours allows.  Asked by the sanitizer. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __lsan_is_turned_off(void);
__attribute__((visibility("default"))) int __lsan_is_turned_off(void)
{
	return entered;
}
#endif

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	enum err e;

	if (fd < 0)
		return false;
	e = file_write_all(fd, text, strlen(text));
	close(fd);
	return e == OK;
}

/* A network of its own, in which not even loopback is up. */
static bool leave_network(void)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	/* The same names for user and group inside as outside. */
	if (!write_to("/proc/self/setgroups", "deny"))
		log_warn("sandbox: setgroups cannot be denied: %s",
			 strerror(errno));
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	if (!write_to("/proc/self/uid_map", map))
		log_warn("sandbox: no uid map: %s", strerror(errno));
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	if (!write_to("/proc/self/gid_map", map))
		log_warn("sandbox: no gid map: %s", strerror(errno));
	return true;
}

/* Somebody has put us into one already: systemd, which then allows no more of
 * them.  There is loopback in it and nothing else; 2 lines are the heading. */
static bool is_network_empty(void)
{
	FILE *f = fopen("/proc/self/net/dev", "re");
	char line[256];
	unsigned count = 0;
	bool is = f != NULL;

	while (f && fgets(line, sizeof(line), f))
		if (count++ >= 2 && !strstr(line, " lo:"))
			is = false;
	if (f)
		fclose(f);
	return is && count == 3;
}

/* A service manager that has taken all of them may forbid the call, too. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	memset(set, 0, sizeof(set));
	if (syscall(SYS_capset, &head, set) == 0)
		return true;
	if (syscall(SYS_capget, &head, set) != 0)
		return false;
	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (set[i].effective || set[i].permitted || set[i].inheritable)
			return false;
	return true;
}

static enum err drop_privileges(void)
{
	const struct rlimit no_core = {0, 0};

	if (!drop_capabilities() ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0)
		return ERR_IO;
	return OK;
}

static enum err limit_paths(enum sandbox_profile profile,
			    const struct sandbox_paths *paths, int *abi)
{
	struct landlock_rule rules[SANDBOX_OWN_MAX + 2];
	size_t n = 0;

	if (profile == SANDBOX_CORE) {
		for (; n < SANDBOX_OWN_MAX && paths->own[n]; n++)
			rules[n] =
			    (struct landlock_rule){paths->own[n], LANDLOCK_OWN};
		rules[n++] =
		    (struct landlock_rule){paths->cells, LANDLOCK_BIND};
		if (paths->tor_read)
			rules[n++] = (struct landlock_rule){paths->tor_read,
							    LANDLOCK_READ};
	}
	return landlock_enter(rules, n, profile == SANDBOX_WEBHOOKS, abi);
}

static enum err enter_filter(enum sandbox_profile profile)
{
	switch (profile) {
	case SANDBOX_CORE: return filter_enter_core();
	case SANDBOX_HTTPD: return filter_enter_httpd();
	case SANDBOX_WEBHOOKS: return filter_enter_webhooks();
	case SANDBOX_BROKER: return filter_enter_broker();
	}
	return ERR_STATE;
}

/* For the log. */
static const char *network_of(enum sandbox_profile profile)
{
	int why;

	if (profile == SANDBOX_WEBHOOKS)
		return "shared";
	if (leave_network())
		return "empty";
	why = errno;
	if (is_network_empty())
		return "of loopback alone";
	log_warn("sandbox: no network namespace of its own (%s); the system "
		 "call filter alone keeps it off the network",
		 strerror(why));
	return "shared";
}

enum err sandbox_enter(enum sandbox_profile profile,
		       const struct sandbox_paths *paths)
{
	const char *network = network_of(profile);
	enum err e;
	int abi = 0;

	e = drop_privileges();
	if (e != OK) {
		log_error("sandbox: privileges cannot be dropped: %s",
			  strerror(errno));
		return e;
	}
	e = limit_paths(profile, paths, &abi);
	if (e == ERR_VERSION) {
		log_warn("sandbox: this kernel has no Landlock; paths outside "
			 "the folders are not closed");
	} else if (e != OK) {
		log_error("sandbox: Landlock: %s", strerror(errno));
		return e;
	}
#ifdef SANITIZERS
	entered = true;
#endif
	e = enter_filter(profile);
	if (e != OK) {
		log_error("sandbox: seccomp: %s", strerror(errno));
		return e;
	}
	log_info("sandbox: closed: network namespace %s, Landlock ABI %d, "
		 "system call filter on",
		 network, abi);
	return OK;
}
