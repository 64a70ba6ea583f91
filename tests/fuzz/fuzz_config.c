/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_config - the configuration file: parsed, finished, thrown away.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "conf.h"
#include "conf_ini.h"
#include "util/kdf_cost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_env env = {
	    .cwd = "/",
	    .home = "/home/x",
	    .xdg_runtime_dir = "/run/user/1",
	    .credentials_directory = "/run/credentials/x",
	};
	struct conf_error error = {""};
	struct conf c;

	if (size > CONF_INI_FILE_MAX)
		return 0;
	conf_init(&c);
	if (conf_ini_parse(bytes_of(data, size), "f", &c, &error) != OK) {
		assert(!strncmp(error.text, "f:", 2));
	} else if (conf_finish(&c, &env, &error) != OK) {
		assert(error.text[0]);
	} else {
		assert(c.data[0] == '/' && c.run[0] == '/');
		assert(strlen(c.run) <= CONF_RUN_MAX);
		assert(c.kdf_memory_mib >= KDF_MIB_MIN &&
		       c.kdf_memory_mib <= KDF_MIB_MAX);
		assert(c.kdf_passes >= KDF_PASSES_MIN &&
		       c.kdf_passes <= KDF_PASSES_MAX);
		assert(c.tor_child || (c.control_socket && c.socks_socket));
	}
	conf_clear(&c);
	return 0;
}
