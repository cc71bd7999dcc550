/* The INI file, by libinih. Its parser cuts lines at 200 bytes without a word and does not say
 * where a key stood, so lines are handed to it one by one from here, counted and measured. */
#include "common/config/sources.h"

#include "common/base/must.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20 };

enum status config_slurp(const char *path, size_t limit, char **ret_text, struct error *error)
{
    char *text = must_alloc(limit + 2);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum status status = STATUS_OK;
    size_t size = 0;
    ssize_t got = fd < 0 ? -1 : 1;

    while (got > 0 && size <= limit) {
        got = read(fd, text + size, limit + 1 - size);
        size += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        status = error_set(error, STATUS_REJECT, "%.120s: %s", path, strerror(errno));
    else if (size > limit)
        status = error_set(error, STATUS_REJECT, "%.120s: larger than %zu bytes", path, limit);
    else if (strlen(text) != size)
        status = error_set(error, STATUS_REJECT, "%.120s: holds a byte 0", path);
    if (fd >= 0)
        close(fd);
    if (status == STATUS_OK)
        *ret_text = text;
    else
        free(text);
    return status;
}

/* libinih's two callbacks share this. */
struct reader {
    const struct config_program *program;
    struct config_entries *entries;
    const char *path;
    const char *next;          /* the rest of the file */
    const char *current;       /* the line that the parser has */
    size_t size;               /* of the current line, without its break */
    size_t line;               /* its number, from 1 */
    struct config_entry *last; /* of this section: what a continued line belongs to, or NULL */
    bool last_twin;
    enum status status;
    struct error *error;
};

static int refuse(struct reader *reader, const char *reason, const char *about)
{
    if (reader->status == STATUS_OK)
        reader->status = error_set(reader->error, STATUS_REJECT, "%.80s line %zu: %s%.80s",
                                   reader->path, reader->line, reason, about);
    return 0;
}

/* As fgets. Ends the file at the first error, which is told afterwards. */
static char *read_line(char *line, int capacity, void *context)
{
    struct reader *reader = context;

    if (*reader->next == '\0' || reader->status != STATUS_OK)
        return NULL;
    reader->current = reader->next;
    reader->size = strcspn(reader->current, "\n");
    reader->next += reader->size + (reader->current[reader->size] == '\n');
    reader->line++;
    if (reader->current[0] == '[') {
        reader->last = NULL;
        if (memchr(reader->current, ']', reader->size) == NULL)
            refuse(reader, "a [section] that is not closed", "");
    }
    if (reader->size + 2 > (size_t)capacity) {
        refuse(reader, "too long; go on in a next line that begins with a space", "");
        return NULL;
    }
    memcpy(line, reader->current, reader->size);
    line[reader->size] = '\n';
    line[reader->size + 1] = '\0';
    return line;
}

static bool is_continued(const struct reader *reader)
{
    return isspace((unsigned char)reader->current[0]);
}

/* Whether a comment inside the line was cut, or in other versions of libinih was not. */
static bool has_inline_comment(const struct reader *reader)
{
    for (size_t i = 1; i < reader->size; i++)
        if (reader->current[i] == ';' && isspace((unsigned char)reader->current[i - 1]))
            return true;
    return false;
}

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

/* "name = …" or "[section]" indented by somebody who did not mean to go on with the line before. */
static bool looks_like_section(const char *value)
{
    size_t size = value[0] == '[' ? strspn(value + 1, NAME_LETTERS) : 0;

    return size > 0 && strcmp(value + 1 + size, "]") == 0;
}

static bool looks_like_key(const struct reader *reader, const char *value)
{
    size_t size = strspn(value, NAME_LETTERS);
    char key[CONFIG_NAME_BYTES];
    bool twin;

    if (size == 0 || size >= sizeof key || value[size + strspn(value + size, " \t")] != '=')
        return false;
    memcpy(key, value, size);
    key[size] = '\0';
    return config_entries_key(reader->entries, reader->last->section->name, key, &twin) != NULL;
}

/* A line that goes on is joined without anything between. */
static int continue_value(struct reader *reader, const char *value)
{
    struct config_entry *entry = reader->last;
    char **place = reader->last_twin ? &entry->path : &entry->given;
    size_t size;

    if (looks_like_key(reader, value) || looks_like_section(value))
        return refuse(reader, "must not be indented: ", value);
    if (has_inline_comment(reader))
        return refuse(reader, "no comment may stand in a continued line", "");
    if (entry->source != CONFIG_FILE)
        return 1;
    size = strlen(*place);
    *place = must_realloc(*place, size + strlen(value) + 1);
    memcpy(*place + size, value, strlen(value) + 1);
    return 1;
}

static int unknown_key(struct reader *reader, const struct config_section *section, const char *key)
{
    const struct config_entry *near;
    char text[CONFIG_NAME_BYTES * 2], name[CONFIG_NAME_BYTES];

    snprintf(name, sizeof name, "%s_%.*s", section->name, 100, key);
    near = config_entries_near(reader->entries, section, name);
    snprintf(text, sizeof text, "%.60s in [%.40s]%s%.60s%s", key, section->name,
             near == NULL ? "" : ", did you mean ", near == NULL ? "" : near->setting->name,
             near == NULL ? "" : "?");
    return refuse(reader, "unknown key ", text);
}

static int new_key(struct reader *reader, const struct config_section *section, const char *key,
                   const char *value)
{
    bool twin = false;
    struct config_entry *entry = config_entries_key(reader->entries, section->name, key, &twin);

    if (entry == NULL)
        return unknown_key(reader, section, key);
    if (entry->line != 0)
        return refuse(reader, "set twice: ", key);
    if ((entry->setting->flags & SETTING_SECRET) != 0 && !twin && has_inline_comment(reader))
        return refuse(reader, "a secret with \" ;\" in it must be in a file of its own: ", key);
    entry->line = reader->line;
    reader->last = entry;
    reader->last_twin = twin;
    reader->status = config_entry_give(entry, CONFIG_FILE, twin, value, reader->error);
    return reader->status == STATUS_OK;
}

static int foreign_section(struct reader *reader, const char *name)
{
    const struct config_section *near = config_section_near(reader->program, name);
    char text[CONFIG_NAME_BYTES];

    if (name[0] == '\0')
        return refuse(reader, "a key before the first [section]", "");
    if (near == NULL)
        return 1;
    snprintf(text, sizeof text, "%.60s], did you mean [%.60s]?", name, near->name);
    return refuse(reader, "unknown section [", text);
}

static int handle_key(void *context, const char *section_name, const char *key, const char *value)
{
    struct reader *reader = context;
    const struct config_section *section;
    char name[CONFIG_NAME_BYTES];
    size_t size;

    if (reader->status != STATUS_OK)
        return 0;
    if (is_continued(reader) && reader->last != NULL)
        return continue_value(reader, value);
    section_name += strspn(section_name, " \t");
    size = strlen(section_name);
    while (size > 0 && isspace((unsigned char)section_name[size - 1]))
        size--;
    snprintf(name, sizeof name, "%.*s", (int)size, section_name);
    section = config_section_find(reader->program, name);
    return section == NULL ? foreign_section(reader, name) : new_key(reader, section, key, value);
}

enum status config_read_file(const struct config_program *program, struct config_entries *entries,
                             const char *path, struct error *error)
{
    struct reader reader = {.program = program, .entries = entries, .path = path, .error = error};
    char *text = NULL;
    enum status status = config_slurp(path, FILE_BYTES, &text, error);
    int bad_line;

    if (status != STATUS_OK)
        return status;
    reader.next = text;
    bad_line = ini_parse_stream(read_line, &reader, handle_key, &reader);
    if (reader.status == STATUS_OK && bad_line > 0) {
        reader.line = (size_t)bad_line;
        refuse(&reader, "neither [section] nor key = value", "");
    }
    explicit_bzero(text, strlen(text));
    free(text);
    return reader.status;
}
