/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replay - main() for a fuzz target built without libFuzzer: runs each file
 * of the folders and files named as arguments once.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	size_t n;

	if (!f) {
		perror(path);
		return -1;
	}
	data = malloc(INPUT_MAX);
	if (!data)
		abort();
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	/* Exactly sized, so that a sanitizer sees a read past the end. */
	data = realloc(data, n ? n : 1);
	if (!data)
		abort();
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

static int run_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[4096];
	int count = 0;

	if (!d)
		return run_file(path);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (run_file(name) > 0)
			count++;
	}
	closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	int i, count = 0;

	for (i = 1; i < argc; i++) {
		int n = run_folder(argv[i]);

		if (n < 0)
			return 1;
		count += n;
	}
	printf("%d inputs\n", count);
	return count == 0;
}
