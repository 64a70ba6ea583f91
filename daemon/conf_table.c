/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "config.h"
#include "util/kdf_cost.h"
#include "util/mem.h"

#define AT(member) offsetof(struct conf, member)

const struct conf_key conf_keys[] = {
    {"daemon", "data", CONF_PATH, AT(data), NULL, "data", "DIR",
     "users, their history, tor's state", 0, 0, CONF_FIXED},
    {"daemon", "run", CONF_PATH, AT(run), NULL, "run", "DIR",
     "sockets, and the file admin.header", 0, 0, CONF_FIXED},
    {"daemon", "listen", CONF_LISTEN, AT(listen), CONF_LISTEN_DEFAULT, "listen",
     "ADDRESS:PORT", "of the API and web page; loopback only", 0, 0,
     CONF_FIXED},
    {"daemon", "log_level", CONF_LEVEL, AT(log_level), "info", "log-level",
     "LEVEL", "error, warning, info or debug", 0, 0, CONF_LIVE},
    {"daemon", "auto_lock_minutes", CONF_NUMBER, AT(auto_lock_minutes), "0",
     NULL, NULL, NULL, 0, 7 * 24 * 60, CONF_LIVE},
    {"tor", "path", CONF_PATH, AT(tor_path), TOR_PATH, "tor", "PATH",
     "the tor program to start", 0, 0, CONF_FIXED},
    {"tor", "extra", CONF_PATH, AT(tor_extra), NULL, "tor-extra", "FILE",
     "more lines for tor", 0, 0, CONF_LIVE},
    {"tor", "writes", CONF_PATH, AT(tor_writes), NULL, "tor-writes", "DIR",
     "where those lines may make tor write", 0, 0, CONF_FIXED},
    {"tor", "bridges", CONF_PATH, AT(tor_bridges), NULL, NULL, NULL, NULL, 0, 0,
     CONF_LIVE},
    {"tor", "transports", CONF_TRANSPORTS, AT(transports), NULL, NULL, NULL,
     NULL, 0, 0, CONF_LIVE},
    {"tor", "child", CONF_YES_NO, AT(tor_child), "yes", NULL, NULL, NULL, 0, 0,
     CONF_FIXED},
    {"tor", "self_test", CONF_YES_NO, AT(self_test), "yes", NULL, NULL, NULL, 0,
     0, CONF_FIXED},
    {"tor", "control_socket", CONF_PATH, AT(control_socket), NULL, NULL, NULL,
     NULL, 0, 0, CONF_FIXED},
    {"tor", "socks_socket", CONF_PATH, AT(socks_socket), NULL, NULL, NULL, NULL,
     0, 0, CONF_FIXED},
    {"tor", "cookie_file", CONF_PATH, AT(cookie_file), NULL, "tor-cookie",
     "FILE", "the cookie of a tor that is there", 0, 0, CONF_FIXED},
    {"tor", "filtered", CONF_YES_NO, AT(tor_filtered), "no", NULL, NULL, NULL,
     0, 0, CONF_FIXED},
    {"kdf", "memory_mib", CONF_NUMBER, AT(kdf_memory_mib), "256", NULL, NULL,
     NULL, KDF_MIB_MIN, KDF_MIB_MAX, CONF_LIVE},
    {"kdf", "passes", CONF_NUMBER, AT(kdf_passes), "3", NULL, NULL, NULL,
     KDF_PASSES_MIN, KDF_PASSES_MAX, CONF_LIVE},
    {"api", "hosts", CONF_HOSTS, AT(hosts), NULL, NULL, NULL, NULL, 0, 0,
     CONF_FIXED},
    {"api", "calls_per_minute", CONF_NUMBER, AT(calls_per_minute), "600", NULL,
     NULL, NULL, 0, 1000000, CONF_LIVE},
    {"api", "sends_per_minute", CONF_NUMBER, AT(sends_per_minute), "120", NULL,
     NULL, NULL, 0, 1000000, CONF_LIVE},
    {"api.unix", "allow", CONF_GUESTS, AT(guests), NULL, NULL, NULL, NULL, 0, 0,
     CONF_FIXED},
    {"api.unix", "admins", CONF_GROUP, AT(admins), NULL, "admins", "GROUP",
     "who may do all that the owner may", 0, 0, CONF_FIXED},
    {"contacts", "streams_per_hour", CONF_NUMBER, AT(streams_per_hour), "60",
     NULL, NULL, NULL, 10, 1000000, CONF_LIVE},
    {"contacts", "messages_per_second", CONF_NUMBER, AT(messages_per_second),
     "20", NULL, NULL, NULL, 1, 100000, CONF_LIVE},
    {"contacts", "mib_per_day", CONF_NUMBER, AT(mib_per_day), "64", NULL, NULL,
     NULL, 1, 16384, CONF_LIVE},
    {"files", "file_quota_mib", CONF_NUMBER, AT(file_quota_mib), "20480", NULL,
     NULL, NULL, 0, 1 << 26, CONF_LIVE},
    {"files", "contact_quota_mib", CONF_NUMBER, AT(contact_quota_mib), "10240",
     NULL, NULL, NULL, 0, 1 << 26, CONF_LIVE},
    {"files", "disk_reserve_mib", CONF_NUMBER, AT(disk_reserve_mib), "1024",
     NULL, NULL, NULL, 0, 1 << 26, CONF_LIVE},
    {"files", "circuits_max", CONF_NUMBER, AT(circuits_max), "4", NULL, NULL,
     NULL, 1, 4, CONF_LIVE},
};
const size_t conf_key_count = ARRAY_SIZE(conf_keys);
_Static_assert(ARRAY_SIZE(conf_keys) <= CONF_KEYS_MAX,
	       "struct conf has no room for all sources");

const struct conf_transport conf_transports[] = {
    {"obfs4", OBFS4PROXY_PATH},
    {"meek_lite", OBFS4PROXY_PATH},
    {"snowflake", SNOWFLAKE_PATH},
};
const size_t conf_transport_count = ARRAY_SIZE(conf_transports);

const struct conf_key *conf_key_find(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < conf_key_count; i++)
		if (!strcmp(conf_keys[i].section, section) &&
		    !strcmp(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}

const struct conf_key *conf_key_at(size_t at)
{
	size_t i = 0;

	while (conf_keys[i].at != at)
		i++;
	return &conf_keys[i];
}

void conf_key_variable(const struct conf_key *key, char out[CONF_VARIABLE_MAX])
{
	char *p;

	snprintf(out, CONF_VARIABLE_MAX, "UMBEL_%s_%s", key->section,
		 key->name);
	for (p = out; *p; p++)
		*p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}
