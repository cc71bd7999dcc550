#include "common/event/text.h"

#include "common/base/utf8.h"

/* True only when every byte is in 0x20..0x7e. */
static bool is_printable_ascii(struct slice text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word, bad = 0;
    size_t i = 0;

    for (; i + sizeof word <= text.size; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        bad |= word | (word - 0x20 * ones) | (word + ones);
    }
    for (; i < text.size; i++) {
        uint64_t byte = (uint8_t)text.data[i];

        bad |= byte | (byte - 0x20) | (byte + 1);
    }
    return (bad & 0x80 * ones) == 0;
}

/* C0, DEL and C1. */
static bool is_control(int32_t character)
{
    return character < 0x20 || (character >= 0x7f && character <= 0x9f);
}

static bool is_printable(struct slice text)
{
    size_t at = 0;

    while (at < text.size) {
        int32_t character = utf8_next(text, &at);

        if (character < 0 || is_control(character))
            return false;
    }
    return true;
}

const char *event_text_fault(struct slice text, size_t min, size_t max)
{
    if (text.size < min)
        return "missing";
    if (text.size > max)
        return "too_long";
    return is_printable_ascii(text) || is_printable(text) ? NULL : "bad_text";
}
