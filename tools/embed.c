/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * embed - turns the files of the web page into one C file (assets.h).
 *
 *     embed OUTPUT FILE...
 *
 * What follows the last "web-ui/" in the name of a file is its path below
 * /ui/.  String literals with octal escapes compile fast; each is kept
 * short, and the compiler joins them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define FILE_BYTES_MAX (4 << 20)
#define LITERAL_BYTES  2048
#define ETAG_BYTES     16 /* of the SHA-256 */

struct file {
	const char *name; /* below web-ui/ */
	unsigned char *data;
	size_t n;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "embed: %s: %s\n", name, what);
	exit(1);
}

static const char *type_of(const char *name)
{
	static const char *const types[][2] = {
	    {".html", "text/html; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"},
	    {".json", "application/json"},
	    {".webmanifest", "application/manifest+json"},
	    {".svg", "image/svg+xml"},
	    {".png", "image/png"},
	    {".txt", "text/plain; charset=utf-8"},
	};
	size_t i, n = strlen(name);

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t k = strlen(types[i][0]);

		if (n > k && strcmp(name + n - k, types[i][0]) == 0)
			return types[i][1];
	}
	die("no type is known for this ending", name);
	return NULL;
}

static const char *name_of(const char *path)
{
	static const char root[] = "web-ui/";
	const char *at = NULL, *next = path;

	while ((next = strstr(next, root)))
		at = next = next + sizeof(root) - 1;
	if (!at)
		die("not below web-ui/", path);
	return at;
}

static struct file load(const char *path)
{
	struct file f = {.name = name_of(path)};
	FILE *in = fopen(path, "rb");

	if (!in)
		die(strerror(errno), path);
	f.data = malloc(FILE_BYTES_MAX);
	if (!f.data)
		die("out of memory", path);
	f.n = fread(f.data, 1, FILE_BYTES_MAX, in);
	if (ferror(in) || f.n == FILE_BYTES_MAX)
		die("cannot be read, or is too big", path);
	fclose(in);
	return f;
}

/* Three digits, so that a digit that follows does no harm; '?' is escaped
 * because of trigraphs. */
static void put_byte(FILE *out, unsigned char c)
{
	if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '?')
		fprintf(out, "\\%03o", (unsigned)c);
	else
		putc(c, out);
}

static void put_file(FILE *out, const struct file *f)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	size_t i;

	crypto_hash_sha256(hash, f->data, f->n);
	fprintf(out, "    {\"/ui/%s\", \"%s\", \"\\\"", f->name,
		type_of(f->name));
	for (i = 0; i < ETAG_BYTES; i++)
		fprintf(out, "%02x", hash[i]);
	fprintf(out, "\\\"\",\n     \"");
	for (i = 0; i < f->n; i++) {
		if (i % LITERAL_BYTES == LITERAL_BYTES - 1)
			fprintf(out, "\"\n     \"");
		put_byte(out, f->data[i]);
	}
	fprintf(out, "\", %zu},\n", f->n);
}

static void put_all(FILE *out, int count, char **paths)
{
	int i;

	fprintf(out, "/* Made by tools/embed.c from web-ui/. */\n"
		     "#include \"api/httpd/assets.h\"\n\n"
		     "const struct asset assets[] = {\n");
	for (i = 0; i < count; i++) {
		struct file f = load(paths[i]);

		put_file(out, &f);
		free(f.data);
	}
	fprintf(out, "};\n\nconst size_t asset_count = %d;\n", count);
}

int main(int argc, char **argv)
{
	FILE *out;

	if (argc < 3 || sodium_init() < 0) {
		fprintf(stderr, "usage: embed OUTPUT FILE...\n");
		return 2;
	}
	out = fopen(argv[1], "w");
	if (!out)
		die(strerror(errno), argv[1]);
	put_all(out, argc - 2, argv + 2);
	if (ferror(out) || fclose(out) != 0) {
		remove(argv[1]);
		die("cannot be written", argv[1]);
	}
	return 0;
}
