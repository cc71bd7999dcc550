/* What one schema defines and what it takes from others. */
#ifndef TRIBUTARY_CODEC_GENERATOR_REGISTRY_H
#define TRIBUTARY_CODEC_GENERATOR_REGISTRY_H

#include "common/codec/generator/model.h"

enum { REGISTRY_MAX = 32 };

struct registry {
    const struct type *types[REGISTRY_MAX]; /* records and enums, in order of definition */
    size_t count;
    const struct schema *used[REGISTRY_MAX]; /* the schemas of foreign ones */
    size_t used_count;
};

struct registry registry_of(const struct model *model, const struct schema *schema);

/* feedback_kind -> FEEDBACK_KIND, cut at size. */
void registry_upper(const char *name, char *upper, size_t size);

#endif
