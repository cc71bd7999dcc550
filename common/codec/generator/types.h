/* From avro-c's schema objects to the model's types. */
#ifndef TRIBUTARY_CODEC_GENERATOR_TYPES_H
#define TRIBUTARY_CODEC_GENERATOR_TYPES_H

#include "common/codec/generator/model.h"

/* The type of schema->json; its records and enums are entered into *types, where those that an
 * earlier schema defined are found. */
const struct type *types_build(struct model *model, struct schema *schema, struct type **types);

#endif
