/* The HTTP framer (http_framer_step) against the slow reference: all at once, byte by byte, in
 * pieces, and with one cut. The first byte picks the pieces, the second the limits. */
#include "common/base/must.h"
#include "tests/fuzz/target.h"
#include "tests/support/http/reference.h"

static struct http_limits limits_of(uint8_t byte)
{
    struct http_limits limits = http_limits_default();

    limits.body_bytes = 1000;
    if (byte % 2 == 1) {
        limits.request_line_bytes = 40;
        limits.header_bytes = 100;
        limits.header_count = 4;
        limits.body_bytes = 20;
    }
    return limits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reference slow, fast; /* their memory serves all runs */
    struct http_limits limits;
    const char *bytes;

    if (size < 2 || size > REFERENCE_TEXT_MAX / 4)
        return 0;
    limits = limits_of(data[1]);
    bytes = (const char *)data + 2;
    if (slow.text == NULL) {
        reference_init(&slow);
        reference_init(&fast);
    }
    reference_parse(&slow, &limits, bytes, size - 2);
    reference_frame(&fast, &limits, bytes, size - 2, 0);
    MUST(reference_equal(&slow, &fast));
    reference_frame(&fast, &limits, bytes, size - 2, 1);
    MUST(reference_equal(&slow, &fast));
    reference_frame(&fast, &limits, bytes, size - 2, data[0] + 1u);
    MUST(reference_equal(&slow, &fast));
    reference_frame_cut(&fast, &limits, bytes, size - 2, data[0] % (size - 1));
    MUST(reference_equal(&slow, &fast));
    return 0;
}
