/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_socks - bytes as tor's SOCKS port might send them, as one piece and
 * byte by byte: both must end the same way.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tor/socks_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns how many bytes of the stream behind the answer are left. */
static size_t run(struct socks *s, struct bytes data, size_t step)
{
	static const struct socks_request req = {
	    "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd", 1,
	    "user", "pass"};
	struct buf out;

	buf_init(&out, SOCKS_OUT_MAX);
	if (socks_init(s, &req, &out) != OK)
		assert(0);
	while (data.n > 0 && socks_need(s) > 0) {
		size_t n = data.n < step ? data.n : step;
		struct bytes in = bytes_of(data.p, n);

		socks_step(s, &in, &out);
		data = bytes_of(data.p + n - in.n, data.n - n + in.n);
	}
	assert(strlen(dial_result_str(s->result)) > 0);
	assert((s->phase == SOCKS_DONE) ==
	       (socks_need(s) == 0 && s->result == DIAL_OK));
	buf_clear(&out);
	return data.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct socks a, b;
	size_t left = run(&a, bytes_of(data, size), size ? size : 1);

	assert(run(&b, bytes_of(data, size), 1) == left);
	assert(a.phase == b.phase && a.result == b.result);
	assert(socks_need(&a) == socks_need(&b));
	return 0;
}
