#include "common/engine/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* One word of the folded text. */
struct word {
    uint16_t begin;
    uint16_t size;
    bool starred; /* an asterisk follows: "SQ *" */
    bool numeric; /* a store number, date or reference rather than a name */
};

struct split {
    char text[ENGINE_TEXT_READ]; /* folded, without separators */
    struct word words[WORDS_MAX];
    size_t count;
};

enum kind { KIND_SEPARATOR, KIND_STAR, KIND_SKIPPED, KIND_LETTER, KIND_DIGIT };

/* Bytes beyond ASCII are letters: enough to keep a word in one piece. */
static enum kind kind_of(unsigned char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return KIND_LETTER;
    if (byte >= 'A' && byte <= 'Z')
        return KIND_LETTER;
    if (byte >= '0' && byte <= '9')
        return KIND_DIGIT;
    if (byte >= 0x80 || byte == '&')
        return KIND_LETTER;
    if (byte == '*')
        return KIND_STAR;
    return byte == '\'' ? KIND_SKIPPED : KIND_SEPARATOR;
}

static char fold(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/* "o2" and "b2b" are names; "0423", "12mar" and "a1234" are not. */
static bool is_numeric(size_t digits, size_t size)
{
    return digits > 1 || digits == size;
}

static void split_text(struct slice text, struct split *split)
{
    size_t limit = text.size < ENGINE_TEXT_READ ? text.size : ENGINE_TEXT_READ;
    size_t digits = 0;
    uint16_t used = 0;
    bool inside = false;

    split->count = 0;
    for (size_t i = 0; i < limit; i++) {
        enum kind kind = kind_of((unsigned char)text.data[i]);
        struct word *word = split->count > 0 ? &split->words[split->count - 1] : NULL;

        if (kind == KIND_SKIPPED)
            continue;
        if (kind < KIND_LETTER) {
            inside = false;
            if (kind == KIND_STAR && word != NULL)
                word->starred = true;
            continue;
        }
        if (!inside) {
            if (split->count == WORDS_MAX)
                return;
            word = &split->words[split->count++];
            *word = (struct word){.begin = used};
            digits = 0;
            inside = true;
        }
        split->text[used++] = fold(text.data[i]);
        digits += kind == KIND_DIGIT;
        word->size++;
        word->numeric = is_numeric(digits, word->size);
    }
}

static bool is_one_of(struct slice word, const struct slice *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(word, list[i]))
            return true;
    }
    return false;
}

#define IS_ONE_OF(word, list) is_one_of(word, list, sizeof(list) / sizeof(list)[0])

static struct slice slice_of_word(const struct split *split, size_t i)
{
    return (struct slice){split->text + split->words[i].begin, split->words[i].size};
}

/* What a payment processor or a terminal puts in front of the merchant. */
static bool is_prefix(const struct split *split, size_t i, bool after_prefix)
{
    static const struct slice processors[] = {
        SLICE_LITERAL("sq"),    SLICE_LITERAL("tst"),    SLICE_LITERAL("paypal"),
        SLICE_LITERAL("sumup"), SLICE_LITERAL("zettle"), SLICE_LITERAL("izettle"),
        SLICE_LITERAL("iz"),    SLICE_LITERAL("pp"),     SLICE_LITERAL("sp"),
        SLICE_LITERAL("amzn"),
    };
    static const struct slice terminals[] = {
        SLICE_LITERAL("pos"),         SLICE_LITERAL("checkcard"), SLICE_LITERAL("purchase"),
        SLICE_LITERAL("contactless"), SLICE_LITERAL("debit"),     SLICE_LITERAL("recurring"),
        SLICE_LITERAL("visa"),
    };
    static const struct slice joined[] = {
        SLICE_LITERAL("card"),    SLICE_LITERAL("transaction"), SLICE_LITERAL("at"),
        SLICE_LITERAL("payment"), SLICE_LITERAL("to"),
    };
    struct slice word = slice_of_word(split, i);

    if (word.size > sizeof "contactless" - 1)
        return false;
    return (split->words[i].starred && IS_ONE_OF(word, processors)) || IS_ONE_OF(word, terminals) ||
           (after_prefix && IS_ONE_OF(word, joined));
}

/* Leaves out numeric words, unless there is nothing else. */
static void drop_numeric(struct split *split)
{
    size_t kept = 0;

    for (size_t i = 0; i < split->count; i++)
        kept += !split->words[i].numeric;
    if (kept == 0)
        return;
    kept = 0;
    for (size_t i = 0; i < split->count; i++) {
        if (!split->words[i].numeric)
            split->words[kept++] = split->words[i];
    }
    split->count = kept;
}

static size_t first_word(const struct split *split)
{
    size_t first = 0;

    while (first + 1 < split->count && is_prefix(split, first, first > 0))
        first++;
    return first;
}

static bool is_informative(struct slice word)
{
    static const struct slice fillers[] = {
        SLICE_LITERAL("the"),
        SLICE_LITERAL("of"),
        SLICE_LITERAL("and"),
        SLICE_LITERAL("www"),
    };

    return word.size > 1 && !IS_ONE_OF(word, fillers);
}

void words_of(struct slice text, struct words *ret)
{
    struct split split;
    bool keyed = false;

    ret->size = 0;
    ret->key_begin = 0;
    ret->key_size = 0;
    split_text(text, &split);
    drop_numeric(&split);
    for (size_t i = first_word(&split); i < split.count; i++) {
        struct slice word = slice_of_word(&split, i);

        if (ret->size > 0)
            ret->text[ret->size++] = ' ';
        if (!keyed && (ret->key_size == 0 || is_informative(word))) {
            keyed = is_informative(word);
            ret->key_begin = ret->size;
            ret->key_size = (uint32_t)word.size;
        }
        memcpy(ret->text + ret->size, word.data, word.size);
        ret->size += (uint32_t)word.size;
    }
}
