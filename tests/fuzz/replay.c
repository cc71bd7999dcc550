/* Stands in for libFuzzer where there is none: runs the target over each file of the folders given,
 * and over nothing. */
#include "common/base/must.h"
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <stdio.h>

enum { SEED_BYTES_MAX = 1 << 20 };

static void replay_file(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data = must_alloc(SEED_BYTES_MAX);
    size_t size;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    MUST(file != NULL);
    size = fread(data, 1, SEED_BYTES_MAX, file);
    fclose(file);
    /* In memory of its exact size, so that a read behind it is seen. */
    data = must_realloc(data, size > 0 ? size : 1);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static size_t replay_folder(const char *folder)
{
    DIR *files = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    MUST(files != NULL);
    while ((entry = readdir(files)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        replay_file(folder, entry->d_name);
        count++;
    }
    closedir(files);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    uint8_t nothing = 0;

    LLVMFuzzerTestOneInput(&nothing, 0);
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    printf("%zu seeds\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
