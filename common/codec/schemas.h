/* The schemas that are compiled in. Never one from the network: a stranger's schema is code. */
#ifndef TRIBUTARY_CODEC_SCHEMAS_H
#define TRIBUTARY_CODEC_SCHEMAS_H

#include "common/codec/reader.h"
#include "common/event/event.h"

#include <stdint.h>

struct codec_schema {
    uint32_t id;
    enum event_kind kind;
    /* Reads into the current struct of the kind, whatever the schema's age. */
    bool (*read)(struct codec_reader *reader, void *ret);
    const char *json;
};

/* By kind. */
const struct codec_schema *codec_schemas_current(void);

/* The older versions; the one behind the last has id 0. */
const struct codec_schema *codec_schemas_older(void);

#endif
