#include "deploy/local/parent/parent_list.h"

#include "common/base/must.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 40 };

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

static enum status read_text(const char *path, char *text, struct error *error)
{
    FILE *file = fopen(path, "re");
    size_t size;

    if (file == NULL)
        return error_set(error, STATUS_REJECT, "%s: %s", path, strerror(errno));
    size = fread(text, 1, PARENT_LIST_BYTES, file);
    fclose(file);
    if (size == PARENT_LIST_BYTES)
        return error_set(error, STATUS_REJECT, "%s: more than %d bytes", path, PARENT_LIST_BYTES);
    text[size] = '\0';
    return STATUS_OK;
}

static bool is_known(const struct parent_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].name, name) == 0)
            return true;
    }
    return false;
}

/* What is wrong with the line; NULL when nothing is. The name becomes a file's name. */
static const char *read_line(struct parent_list *list, char *line)
{
    struct parent_entry *entry = &list->entries[list->count];
    char *rest = NULL;
    char *name = strtok_r(line, " \t", &rest);
    size_t count = 0;

    if (name == NULL || name[0] == '#')
        return NULL;
    if (list->count == PARENT_LIST_ENTRIES)
        return "too many processes";
    if (strspn(name, name_letters) != strlen(name) || strlen(name) > NAME_BYTES)
        return "a name has small letters, digits and dashes, at most 40";
    if (is_known(list, name))
        return "this name is there already";
    for (char *word = strtok_r(NULL, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (count == PARENT_LIST_WORDS)
            return "too many words";
        entry->words[count++] = word;
    }
    if (count == 0)
        return "a command is missing";
    entry->name = name;
    list->count++;
    return NULL;
}

static enum status read_lines(struct parent_list *list, const char *path, struct error *error)
{
    char *text = list->text;
    char *line;

    for (int number = 1; (line = strsep(&text, "\n")) != NULL; number++) {
        const char *fault = read_line(list, line);

        if (fault != NULL)
            return error_set(error, STATUS_REJECT, "%s:%d: %s", path, number, fault);
    }
    if (list->count == 0)
        return error_set(error, STATUS_REJECT, "%s: no process in it", path);
    return STATUS_OK;
}

enum status parent_list_read(const char *path, struct parent_list **ret_list, struct error *error)
{
    OWNED(parent_list) list = must_alloc(sizeof *list);
    enum status status;

    list->text = must_alloc(PARENT_LIST_BYTES + 1);
    status = read_text(path, list->text, error);
    if (status == STATUS_OK)
        status = read_lines(list, path, error);
    if (status == STATUS_OK)
        *ret_list = TAKE(list);
    return status;
}

void parent_list_free(struct parent_list *list)
{
    if (list == NULL)
        return;
    free(list->text);
    free(list);
}
