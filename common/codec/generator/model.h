/* What the generator knows of the schemas: the types as C sees them. Built from avro-c's schema
 * objects, with what avro-c drops (docs, defaults, aliases, limits) read from the JSON beside them.
 * Not a general Avro model: a schema that uses more than the events need is refused. */
#ifndef TRIBUTARY_CODEC_GENERATOR_MODEL_H
#define TRIBUTARY_CODEC_GENERATOR_MODEL_H

#include "common/base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum type_kind {
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_INT,
    TYPE_LONG,
    TYPE_FLOAT,
    TYPE_BOOLEAN,
    TYPE_ENUM,
    TYPE_RECORD,
    TYPE_ARRAY,  /* of records */
    TYPE_MAP,    /* of strings */
    TYPE_OPTION, /* union of null and a record */
};

struct field {
    const char *name;
    const char *doc;
    const json_t *standard; /* the default; NULL when there is none */
    const json_t *aliases;  /* an array of strings; NULL when there is none */
    const struct type *type;
};

struct type {
    enum type_kind kind;
    const char *avro_name; /* of a record or an enum: FeedbackKind */
    const char *name;      /* the same in C: feedback_kind */
    const char *doc;
    const struct schema *home; /* the schema that defines a record or an enum */
    const struct type *item;   /* of an array or an option */
    struct field *fields;
    size_t field_count;
    const char **symbols;
    size_t symbol_count;
    size_t items_max;  /* of an array or a map */
    struct type *next; /* the registry */
};

/* One .avsc file. */
struct schema {
    const char *name; /* the record in C: transaction */
    const char
        *version;     /* "" for the current one, else what stands between the dots of name.N.avsc */
    json_t *source;   /* owned; as in the file */
    json_t *json;     /* owned; self-contained: foreign names replaced by their definitions */
    const char *text; /* json as one line */
    uint64_t fingerprint; /* CRC-64-AVRO of the parsing canonical form */
    uint32_t id;          /* 31 bits of it, never 0 */
    const struct type *type;
    const struct schema *inlined_by; /* the last one that took this one's definition in */
};

struct model {
    struct arena *arena;
    struct schema *schemas; /* the current ones first */
    size_t schema_count;
    size_t current_count;
    struct type *types; /* of the current schemas, by name */
};

/* Reads the files. Exits the program with a line on stderr when one is not as it must be. */
void model_load(struct model *model, char **current, char **versions);
void model_done(struct model *model);

#endif
