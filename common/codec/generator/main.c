/* codec_generator OUTPUT CURRENT.avsc... -- OLDER.avsc...
 * Writes the event structs and their codec below OUTPUT; run by the build. */
#include "common/base/buffer.h"
#include "common/codec/generator/emit.h"
#include "common/codec/generator/fail.h"
#include "common/codec/generator/model.h"

#include <errno.h>

enum { FILE_BYTES = 4 << 20 };

static void save(const char *folder, const char *path, const struct buffer *text)
{
    char name[4096];
    FILE *file;

    if (text->overflow)
        FAIL("%s: more than %d bytes", path, FILE_BYTES);
    snprintf(name, sizeof name, "%s/%s", folder, path);
    file = fopen(name, "w");
    if (file == NULL)
        FAIL("%s: %s", name, strerror(errno));
    if (fwrite(text->data, 1, text->size, file) != text->size || fclose(file) != 0)
        FAIL("%s: %s", name, strerror(errno));
}

static void write_schema(const char *folder, const struct model *model, const struct schema *schema)
{
    static const struct {
        const char *path;
        void (*emit)(const struct model *, const struct schema *, struct buffer *);
    } files[] = {
        {"common/event/%s.h", emit_struct_header},
        {"common/codec/%s_wire.h", emit_wire_header},
        {"common/codec/%s_wire.c", emit_wire_source},
    };
    struct buffer text;
    char path[256];

    buffer_init(&text, FILE_BYTES);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        size_t place = strcspn(files[i].path, "%");

        snprintf(path, sizeof path, "%.*s%s%s", (int)place, files[i].path, schema->name,
                 files[i].path + place + 2);
        buffer_reset(&text);
        files[i].emit(model, schema, &text);
        save(folder, path, &text);
    }
    buffer_done(&text);
}

int main(int argc, char **argv)
{
    struct model model;
    struct buffer text;
    int dashes = 2;

    while (dashes < argc && strcmp(argv[dashes], "--") != 0)
        dashes++;
    if (dashes < 3 || dashes >= argc)
        FAIL("usage: codec_generator OUTPUT CURRENT.avsc... -- OLDER.avsc...");
    argv[dashes] = NULL;
    model_load(&model, argv + 2, argv + dashes + 1);
    buffer_init(&text, FILE_BYTES);
    emit_schemas_source(&model,
                        &text); /* refuses what does not fit together, before a file is written */
    for (size_t i = 0; i < model.current_count; i++)
        write_schema(argv[1], &model, &model.schemas[i]);
    save(argv[1], "common/codec/schemas.c", &text);
    buffer_done(&text);
    model_done(&model);
    return EXIT_SUCCESS;
}
