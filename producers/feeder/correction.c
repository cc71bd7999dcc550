#include "producers/feeder/correction.h"

#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/crypto/uuid.h"

_Static_assert((int)FEEDER_CORRECTION_ID_SIZE == (int)CRYPTO_UUID_TEXT_SIZE, "the id is a UUID");

bool feeder_correction_chosen(uint64_t seed, double share, struct slice id)
{
    struct random random;

    random_init(&random, seed ^ hash_fnv1a(HASH_FNV_SEED, id));
    (void)random_next(&random);
    return random_unit(&random) < share;
}

void feeder_correction_make(const struct feeder_waiting *waiting, struct feeder_correction *ret)
{
    const struct slice user = {waiting->user, waiting->user_size};
    const struct slice id = {waiting->id, waiting->id_size};
    struct crypto_uuid space = crypto_uuid5(crypto_uuid_dns, SLICE_LITERAL("correction.tributary"));

    *ret = (struct feeder_correction){.ticket = waiting->ticket,
                                      .occurred_at = waiting->occurred_at,
                                      .user_size = waiting->user_size,
                                      .transaction_id_size = waiting->id_size,
                                      .category_size = waiting->label_size};
    crypto_uuid_format(crypto_uuid5(crypto_uuid5(space, user), id), ret->id);
    memcpy(ret->user, waiting->user, sizeof ret->user);
    memcpy(ret->transaction_id, waiting->id, sizeof ret->transaction_id);
    memcpy(ret->category, waiting->label, sizeof ret->category);
}

struct feedback feeder_correction_feedback(const struct feeder_correction *correction)
{
    return (struct feedback){
        .id = {correction->id, FEEDER_CORRECTION_ID_SIZE - 1},
        .user = {correction->user, correction->user_size},
        .transaction_id = {correction->transaction_id, correction->transaction_id_size},
        .kind = FEEDBACK_KIND_CORRECTION,
        .category = {correction->category, correction->category_size},
        .occurred_at = correction->occurred_at,
    };
}
