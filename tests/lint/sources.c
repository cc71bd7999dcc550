#include "tests/lint/sources.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    void (*line)(void *, const struct source_line *);
    void *context;
    size_t files;
};

static void walk_file(struct walk *walk, const char *path)
{
    char full[8192], *text = NULL;
    size_t capacity = 0, number = 0;
    FILE *file;

    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, path);
    file = fopen(full, "r");
    if (file == NULL)
        return;
    walk->files++;
    while (getline(&text, &capacity, file) >= 0) {
        struct source_line line = {path, text, ++number};

        text[strcspn(text, "\n")] = '\0';
        walk->line(walk->context, &line);
    }
    free(text);
    fclose(file);
}

static void walk_folder(struct walk *walk, const char *folder)
{
    char full[8192], path[4096];
    const struct dirent *entry;
    DIR *directory;

    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, folder);
    directory = opendir(full);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');

        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        if (entry->d_type == DT_DIR)
            walk_folder(walk, path);
        else if (dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0))
            walk_file(walk, path);
    }
    if (directory != NULL)
        closedir(directory);
}

size_t sources_walk(const char *const *folders, void (*line)(void *, const struct source_line *),
                    void *context)
{
    struct walk walk = {line, context, 0};

    for (; *folders != NULL; folders++)
        walk_folder(&walk, *folders);
    return walk.files;
}
