/* The C that is written: each function appends one file. What the schemas cannot express safely was
 * refused before. */
#ifndef TRIBUTARY_CODEC_GENERATOR_EMIT_H
#define TRIBUTARY_CODEC_GENERATOR_EMIT_H

#include "common/base/buffer.h"
#include "common/codec/generator/model.h"

/* common/event/<name>.h: the structs and enums that the schema defines. */
void emit_struct_header(const struct model *model, const struct schema *schema, struct buffer *out);

/* common/codec/<name>_wire.h and .c: their encoders and decoders. */
void emit_wire_header(const struct model *model, const struct schema *schema, struct buffer *out);
void emit_wire_source(const struct model *model, const struct schema *schema, struct buffer *out);

/* common/codec/schemas.c: every schema with its id, and the decoders of older versions. */
void emit_schemas_source(const struct model *model, struct buffer *out);

/* A decoder of `writer`'s bytes into the struct of `reader`, as Avro's schema resolution has it:
 * fields by name or alias, unknown ones skipped, missing ones from their default, int read as long.
 * `name` is the function's; what it calls for nested records comes before it. */
void emit_reader(const struct type *writer, const struct type *reader, const char *name,
                 bool exported, struct buffer *out);

#endif
