/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/file.h"
#include "core/message.h"
#include "tests/unit/fixed.h"

static uint8_t mem[2 * DESCRIPTOR_MAX_BYTES];

static struct file_desc some(void)
{
	struct file_desc d = {.plan = {.size = 1000, .chunk_log2 = 18},
			      .name = {"a picture.jpg"},
			      .kind = FILE_IMAGE,
			      .media = {"image/jpeg"},
			      .width = 640,
			      .height = 480,
			      .duration_ms = 7,
			      .caption = bytes_of("look", 4),
			      .preview = bytes_of("\xff\xd8", 2),
			      .offer_s = 3600};

	fixed_bytes(d.plan.fid.b, sizeof(d.plan.fid.b), 1);
	fixed_bytes(d.key.b, sizeof(d.key.b), 2);
	fixed_bytes(d.root.b, sizeof(d.root.b), 3);
	return d;
}

static struct bytes written(const struct file_desc *d)
{
	struct wire_writer w;

	wire_write_init(&w, mem, sizeof(mem));
	file_desc_write(&w, d);
	return wire_written(&w);
}

static void it_comes_back(void **state)
{
	struct file_desc d = some(), back;

	(void)state;
	assert_ok(file_desc_read(written(&d), &back));
	assert_memory_equal(&back.plan.fid, &d.plan.fid, sizeof(d.plan.fid));
	assert_int_equal(back.plan.size, 1000);
	assert_int_equal(back.plan.chunk_log2, 18);
	assert_memory_equal(&back.key, &d.key, sizeof(d.key));
	assert_memory_equal(&back.root, &d.root, sizeof(d.root));
	assert_string_equal(back.name.s, d.name.s);
	assert_int_equal(back.kind, FILE_IMAGE);
	assert_string_equal(back.media.s, d.media.s);
	assert_int_equal(back.width, 640);
	assert_int_equal(back.height, 480);
	assert_int_equal(back.duration_ms, 7);
	assert_int_equal(back.offer_s, 3600);
	assert_bytes(back.caption, d.caption);
	assert_bytes(back.preview, d.preview);
}

/* The longest fits into a message, and so does what it is the body of. */
static void the_longest(void **state)
{
	static uint8_t much[PREVIEW_MAX_BYTES], record[MESSAGE_WRITE_MAX];
	struct file_desc d = some(), back;
	struct message m = {.kind = MESSAGE_FILE}, read;
	struct wire_writer w;

	(void)state;
	memset(much, 'x', sizeof(much));
	memset(d.name.s, 'n', FILE_NAME_MAX_BYTES);
	memset(d.media.s, 'm', MEDIA_TYPE_MAX_BYTES);
	d.preview = bytes_of(much, PREVIEW_MAX_BYTES);
	d.caption = bytes_of(much, CAPTION_MAX_BYTES);
	m.body = written(&d);
	assert_in_range(m.body.n, 7000, FILE_DESC_BYTES_MAX);
	assert_ok(file_desc_read(m.body, &back));
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	assert_ok(message_read(wire_written(&w), &read));
	assert_int_equal(read.kind, MESSAGE_FILE);
	assert_bytes(read.body, m.body);
	assert_true(message_kind_is_shown(MESSAGE_FILE));
	assert_false(message_kind_is_shown(MESSAGE_FILE_STATE));
}

/* HOSTILE F-01: names that could be taken for something else are labels, and
 * come as they are; what is no label does not come at all. */
static void names_are_labels(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} names[] = {{"../../etc/passwd", true},
		     {"/etc/x", true},
		     {"..\\x", true},
		     {"C:\\x", true},
		     {".", true},
		     {"CON", true},
		     {"-rf", true},
		     {".bashrc", true},
		     {"x ", true},
		     {"a\nb", false},
		     {"a\x7f", false},
		     {"\xe2\x80\xae"
		      "gpj.exe",
		      false},
		     {"\xff", false}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct file_desc d = some(), back;

		strcpy(d.name.s, names[i].name);
		assert_int_equal(file_desc_read(written(&d), &back) == OK,
				 names[i].ok);
		if (names[i].ok)
			assert_string_equal(back.name.s, names[i].name);
	}
}

/* Any one field of the required left out; any one byte more or less. */
static void it_is_strict(void **state)
{
	struct file_desc d = some(), back;
	struct bytes b = written(&d);
	size_t n = b.n;
	uint64_t type;

	(void)state;
	for (n = 0; n < b.n; n++)
		if (file_desc_read(bytes_of(b.p, n), &back) == OK)
			/* It ends between two of the optional ones. */
			assert_true(n > 16 + 8 + 32 + 1 + 32 + 10);
	for (type = 2; type <= 12; type += 2) {
		uint8_t less[sizeof(mem)];
		struct wire_writer w;
		struct tlv_walk walk;
		struct bytes value;
		uint64_t t;

		wire_write_init(&w, less, sizeof(less));
		tlv_walk_init(&walk, b);
		while (tlv_walk_next(&walk, &t, &value))
			if (t != type)
				tlv_write(&w, t, value);
		assert_err(file_desc_read(wire_written(&w), &back),
			   ERR_NOT_FOUND);
	}
}

/* HOSTILE F-03: a size that is a lie is still only a number. */
static void sizes_are_checked(void **state)
{
	static const uint64_t sizes[] = {FILE_SIZE_MAX + 1, UINT64_MAX,
					 (uint64_t)1 << 63};
	struct file_desc d, back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		d = some();
		d.plan.size = sizes[i];
		assert_err(file_desc_read(written(&d), &back), ERR_RANGE);
	}
	d = some();
	d.plan.chunk_log2 = 15;
	assert_err(file_desc_read(written(&d), &back), ERR_RANGE);
	d.plan.chunk_log2 = 16;
	d.plan.size = (uint64_t)CHUNKS_MAX * 65536 + 1;
	assert_err(file_desc_read(written(&d), &back), ERR_RANGE);
}

static void kinds_of_later_versions(void **state)
{
	struct file_desc d = some(), back;

	(void)state;
	d.kind = (enum file_kind)9;
	assert_ok(file_desc_read(written(&d), &back));
	assert_int_equal(back.kind, FILE_PLAIN);
	d.kind = FILE_PLAIN;
	assert_ok(file_desc_read(written(&d), &back));
	assert_int_equal(back.kind, FILE_PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_comes_back),
	    cmocka_unit_test(the_longest),
	    cmocka_unit_test(names_are_labels),
	    cmocka_unit_test(it_is_strict),
	    cmocka_unit_test(sizes_are_checked),
	    cmocka_unit_test(kinds_of_later_versions),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
