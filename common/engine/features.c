#include "common/engine/features.h"

#include "common/base/hash.h"
#include "common/engine/subject.h"
#include "common/engine/words.h"

#include <string.h>

/* Each kind seeds its hashes with its own name; 0 means none, and the next ones are subject.h's. */
static uint64_t subject(struct slice kind, struct slice text)
{
    uint64_t hash = hash_fnv1a(hash_fnv1a(HASH_FNV_SEED, kind), text);

    return hash <= ENGINE_SUBJECT_CONFIRMED ? hash + ENGINE_SUBJECT_CONFIRMED + 1 : hash;
}

static uint64_t merchant_subject(const struct words *words)
{
    if (words->size == 0)
        return 0;
    return subject(SLICE_LITERAL("merchant:"), (struct slice){words->text, words->size});
}

static uint64_t key_subject(const struct words *words)
{
    if (words->size == 0)
        return 0;
    return subject(SLICE_LITERAL("key:"),
                   (struct slice){words->text + words->key_begin, words->key_size});
}

uint64_t engine_subject_mcc(int32_t mcc)
{
    char digits[4] = {(char)('0' + mcc / 1000 % 10), (char)('0' + mcc / 100 % 10),
                      (char)('0' + mcc / 10 % 10), (char)('0' + mcc % 10)};

    return mcc == 0 ? 0 : subject(SLICE_LITERAL("mcc:"), (struct slice){digits, sizeof digits});
}

/* 1..31 by powers of two of what is spent, 33..63 of what is credited. */
static int32_t bucket_of(int64_t amount_minor)
{
    uint64_t size = amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor;
    int32_t bits = size == 0 ? 0 : 64 - __builtin_clzll(size);

    if (bits > 31)
        bits = 31;
    return amount_minor < 0 ? 32 + bits : bits;
}

/* What is kept of the text, cut between characters of UTF-8. */
static uint32_t kept_size(const struct words *words)
{
    uint32_t size = ENGINE_MERCHANT_SIZE;

    if (words->size <= ENGINE_MERCHANT_SIZE)
        return words->size;
    while (size > 0 && ((unsigned char)words->text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

void engine_features(const struct engine_input *input, struct engine_features *ret)
{
    struct words words;

    words_of(input->merchant, &words);
    if (words.size == 0)
        words_of(input->description, &words);
    ret->merchant_size = kept_size(&words);
    memcpy(ret->merchant, words.text, ret->merchant_size);
    ret->merchant_hash = merchant_subject(&words);
    ret->key_hash = key_subject(&words);
    ret->mcc = input->mcc > 0 && input->mcc <= 9999 ? input->mcc : 0;
    ret->amount_minor = input->amount_minor;
    ret->amount_bucket = bucket_of(input->amount_minor);
}

uint64_t engine_merchant_hash(struct slice merchant)
{
    struct words words;

    words_of(merchant, &words);
    return merchant_subject(&words);
}
