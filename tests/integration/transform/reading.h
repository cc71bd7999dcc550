/* A topic read from its beginning to its end. */
#ifndef TRIBUTARY_TESTS_TRANSFORM_READING_H
#define TRIBUTARY_TESTS_TRANSFORM_READING_H

#include "tests/integration/transform/stage.h"

/* A record as far as it is compared. */
struct reading_record {
    int64_t offset;
    char *key; /* key and value are owned */
    size_t key_size;
    char *value;
    size_t value_size;
};

struct reading {
    struct {
        struct reading_record *records;
        size_t count, capacity;
        int64_t end; /* of the log */
    } partitions[STAGE_PARTITIONS];
};

struct reading *reading_new(struct stage *stage, const char *topic);
void reading_free(struct reading *reading);

#endif
