#include "common/base/utf8.h"

/* The bytes of a character by its first one, and the range of the second: all that table 3-7 says
 * beyond "the others are 80..BF". */
struct lead {
    size_t size; /* 0 = no character starts so */
    uint8_t low;
    uint8_t high;
};

static struct lead lead_of(uint8_t first)
{
    if (first < 0x80)
        return (struct lead){1, 0, 0};
    if (first < 0xc2 || first > 0xf4)
        return (struct lead){0, 0, 0};
    if (first < 0xe0)
        return (struct lead){2, 0x80, 0xbf};
    if (first < 0xf0)
        return (struct lead){3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
    return (struct lead){4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
}

int32_t utf8_next(struct slice text, size_t *at)
{
    const uint8_t *bytes = (const uint8_t *)text.data + *at;
    struct lead lead = lead_of(bytes[0]);
    int32_t character;

    if (lead.size == 0 || lead.size > text.size - *at)
        return -1;
    if (lead.size > 1 && (bytes[1] < lead.low || bytes[1] > lead.high))
        return -1;
    character = lead.size == 1 ? bytes[0] : bytes[0] & (0x7f >> lead.size);
    for (size_t i = 1; i < lead.size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return -1;
        character = character << 6 | (bytes[i] & 0x3f);
    }
    *at += lead.size;
    return character;
}

bool utf8_valid(struct slice text)
{
    const uint64_t tops = UINT64_C(0x8080808080808080);
    size_t at = 0;

    while (at < text.size) {
        uint64_t word;

        if (text.size - at >= sizeof word) {
            memcpy(&word, text.data + at, sizeof word);
            if ((word & tops) == 0) {
                at += sizeof word;
                continue;
            }
        }
        if (utf8_next(text, &at) < 0)
            return false;
    }
    return true;
}
