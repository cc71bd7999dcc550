#include "common/engine/verdict.h"

const char *engine_source_name(enum engine_source source)
{
    static const char *const names[] = {
        [ENGINE_NONE] = "none",         [ENGINE_RULE] = "rule",   [ENGINE_USER] = "user",
        [ENGINE_MERCHANT] = "merchant", [ENGINE_MODEL] = "model",
    };

    return (unsigned)source < sizeof names / sizeof names[0] ? names[source] : "none";
}
