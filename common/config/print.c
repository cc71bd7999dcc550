/* What --help, --check and the documentation show of the tables. */
#include "common/config/config.h"

#include "common/config/loaded.h"
#include "common/config/value.h"

#include <stdio.h>

/* libinih reads lines of 197 bytes; longer values go on in a next line. */
enum { LINE_BYTES = 190, PIECE_BYTES = 120 };

static const char *source_name(enum config_source source)
{
    static const char *const names[] = {"default", "file", "environment", "flag"};

    return names[source];
}

/* A piece must not end or go on with what the parser strips or takes for a comment. */
static size_t piece_size(const char *text)
{
    size_t size = strlen(text);

    if (size <= PIECE_BYTES)
        return size;
    size = PIECE_BYTES;
    while (size > 1 && (text[size - 1] == ' ' || strchr(" ;#[", text[size]) != NULL))
        size--;
    return size;
}

static void write_long(const char *name, const char *text, enum config_source source,
                       struct buffer *out)
{
    size_t size = piece_size(text);

    buffer_format(out, "; %s:\n%s = %.*s\n", source_name(source), name, (int)size, text);
    for (text += size; *text != '\0'; text += size) {
        size = piece_size(text);
        buffer_format(out, "    %.*s\n", (int)size, text);
    }
}

static void write_line(const char *name, const char *suffix, const char *text,
                       enum config_source source, struct buffer *out)
{
    char key[CONFIG_NAME_BYTES];

    snprintf(key, sizeof key, "%s%s", name, suffix);
    if (strlen(key) + strlen(text) + sizeof " =  ; environment" > LINE_BYTES)
        write_long(key, text, source, out);
    else
        buffer_format(out, "%s = %s%s; %s\n", key, text, text[0] == '\0' ? "" : " ",
                      source_name(source));
}

static void write_entry(const struct config_entry *entry, struct buffer *out)
{
    const char *name = entry->setting->name;
    const void *place = config_entry_place(entry);
    struct buffer value;

    if (entry->path != NULL) {
        write_line(name, "_file", entry->path, entry->source, out);
        return;
    }
    if (entry->setting->type == SETTING_TEXT && *(const char *const *)place == NULL) {
        buffer_format(out, "; %s is not set\n", name);
        return;
    }
    if ((entry->setting->flags & SETTING_SECRET) != 0) {
        buffer_format(out, "; %s = ******** ; %s\n", name, source_name(entry->source));
        return;
    }
    buffer_init(&value, CONFIG_SECRET_BYTES);
    config_value_write(entry->setting, place, &value);
    buffer_append_byte(&value, '\0');
    write_line(name, "", value.data, entry->source, out);
    buffer_done(&value);
}

void config_write_check(const struct config *config, struct buffer *out)
{
    const struct config_section *section = NULL;

    buffer_format(out, "; %s %s\n", config->program->name, config->program->version);
    for (size_t i = 0; i < config->entries.count; i++) {
        const struct config_entry *entry = &config->entries.items[i];

        if (entry->section->name == NULL)
            continue;
        if (entry->section != section)
            buffer_format(out, "\n[%s]\n", entry->section->name);
        section = entry->section;
        write_entry(entry, out);
    }
}

/* "default 5s, 1ms to 1m, required, secret" */
static void write_facts(const struct setting *setting, struct buffer *out)
{
    if (setting->flags & SETTING_REQUIRED)
        buffer_append_text(out, ", required");
    else if (setting->fallback != NULL && setting->fallback[0] != '\0')
        buffer_format(out, ", default %s", setting->fallback);
    if (setting->min != 0 || setting->max != 0) {
        buffer_append_text(out, ", ");
        config_value_write_range(setting, out);
    }
}

static void write_help_setting(const struct config_section *section, const struct setting *setting,
                               struct buffer *out)
{
    bool secret = (setting->flags & SETTING_SECRET) != 0;
    struct config_entry entry = {.section = section, .setting = setting};
    char flag[CONFIG_NAME_BYTES];

    config_entry_spell(&entry, CONFIG_FLAG, flag);
    buffer_format(out, "  %s%s\n        %s\n        ", flag, secret ? "-file=PATH" : "=VALUE",
                  setting->help);
    config_value_write_type(setting, out);
    write_facts(setting, out);
    if (secret) {
        config_entry_spell(&entry, CONFIG_ENVIRONMENT, flag);
        buffer_format(out, ", secret: in that file or in %s", flag);
    }
    buffer_append_byte(out, '\n');
}

void config_write_help(const struct config_program *program, struct buffer *out)
{
    buffer_format(out,
                  "%s %s: %s\n\nUsage: %s [--config=FILE] [--SETTING=VALUE]...%s%s\n\n"
                  "A setting --kafka-brokers is also TRIBUTARY_KAFKA_BROKERS in the environment, "
                  "or brokers under\n[kafka] in the INI file of --config or TRIBUTARY_CONFIG. "
                  "The flag wins, then the environment.\n\n"
                  "  --check     print the effective settings and exit\n"
                  "  --help      print this and exit\n"
                  "  --version   print the version and exit\n",
                  program->name, program->version, program->summary, program->name,
                  program->arguments == NULL ? "" : " ",
                  program->arguments == NULL ? "" : program->arguments);
    for (size_t i = 0; i < program->count; i++) {
        const struct config_section *section = &program->sections[i];

        buffer_format(out, "\n%s:\n", section->name == NULL ? "options" : section->name);
        for (size_t j = 0; j < section->count; j++)
            write_help_setting(section, &section->settings[j], out);
    }
}

/* A bar would end the cell. */
static void write_cell(const char *text, struct buffer *out)
{
    for (; *text != '\0'; text++)
        buffer_format(out, *text == '|' ? "\\%c" : "%c", *text);
    buffer_append_text(out, " | ");
}

static void write_row(const struct setting *setting, struct buffer *out)
{
    const char *fallback = setting->fallback == NULL ? "" : setting->fallback;

    buffer_format(out, "| `%s` | ", setting->name);
    config_value_write_type(setting, out);
    if (setting->flags & SETTING_SECRET)
        buffer_format(out, ", secret (or `%s_file`)", setting->name);
    buffer_append_text(out, " | ");
    if (setting->flags & SETTING_REQUIRED)
        buffer_append_text(out, "*required*");
    else if (fallback[0] != '\0')
        buffer_format(out, "`%s`", fallback);
    buffer_append_text(out, " | ");
    config_value_write_range(setting, out);
    buffer_append_text(out, " | ");
    write_cell(setting->help, out);
    out->size--; /* no blank at the end */
    buffer_append_byte(out, '\n');
}

void config_write_markdown(const struct config_section *sections, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        if (sections[i].name == NULL)
            continue;
        buffer_format(out, "%s### [%s]\n\n", out->size == 0 ? "" : "\n", sections[i].name);
        buffer_append_text(out, "| setting | type | default | range | meaning |\n"
                                "|---|---|---|---|---|\n");
        for (size_t j = 0; j < sections[i].count; j++)
            write_row(&sections[i].settings[j], out);
    }
}
