/* Any bytes as a user's state: refused, or a state that has exactly these bytes, can be taught and
 * asked, and stays within its bounds. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "common/engine/verdict.h"
#include "tests/fuzz/target.h"

static void use(struct engine_user *user, struct slice bytes)
{
    struct engine_input input = {.merchant = bytes, .mcc = 5411};
    struct engine_view view = {.user = user};
    struct engine_features features;
    struct engine_lesson lesson = {.features = &features,
                                   .kind = ENGINE_CORRECTION,
                                   .shown = SLICE_LITERAL("Food"),
                                   .category = SLICE_LITERAL("Home")};
    struct engine_verdict verdict;
    struct engine_step step;
    struct buffer again;

    engine_features(&input, &features);
    engine_learn_user(user, &lesson, &step);
    MUST(step.learnt);
    engine_classify(&view, &features, &verdict);
    MUST(verdict.confidence >= 0 && verdict.confidence <= 1 + 1e-9);
    buffer_init(&again, ENGINE_USER_BYTES_MAX);
    engine_user_encode(user, &again);
    MUST(!again.overflow);
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    struct engine_user *user = NULL;
    struct error error = {0};
    struct buffer again;

    if (engine_user_decode(bytes, &user, &error) != STATUS_OK)
        return 0;
    buffer_init(&again, ENGINE_USER_BYTES_MAX);
    engine_user_encode(user, &again);
    MUST(size == 0 || slice_equal(bytes, buffer_slice(&again)));
    buffer_done(&again);
    use(user, bytes);
    engine_user_free(user);
    return 0;
}
