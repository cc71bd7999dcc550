/* What a connection is made of, and how a command gets onto it, for the files of this folder. */
#ifndef TRIBUTARY_REDIS_PIPELINE_H
#define TRIBUTARY_REDIS_PIPELINE_H

#include "common/base/buffer.h"
#include "common/base/random.h"
#include "common/redis/redis.h"

#include <hiredis/hiredis.h>

enum {
    REDIS_FLUSH_BYTES = 256 * 1024, /* beyond that a pipeline is sent while it is being made */
    REDIS_PREFIX_BYTES = 128,
    REDIS_WORDS_MAX = REDIS_ARGUMENTS_MAX + 8,
    REDIS_RING_SIZE = 2 * REDIS_IN_FLIGHT_MAX,
};

struct redis {
    const struct redis_settings *settings;
    redisContext *context; /* NULL: not connected */
    struct buffer out;     /* encoded and not yet sent */
    redisReply *reply;     /* that the caller looks at */
    int64_t deadline_ms;   /* of the replies to what was sent */
    int64_t limit_ms;      /* the caller's deadline, of every call */

    /* In flight: what callers know of, and commands of our own, whose replies are swallowed. */
    size_t pending;
    size_t in_flight; /* both */
    size_t head;      /* place of the oldest */
    bool internal[REDIS_RING_SIZE];
    bool script_loaded; /* on this connection; newer.c */

    struct random random;
    unsigned attempt;    /* connections in a row that brought no reply */
    int64_t next_try_ms; /* no attempt before that */

    /* The command that is being made. */
    size_t word_count;
    const char *words[REDIS_WORDS_MAX];
    size_t sizes[REDIS_WORDS_MAX];
    char key[REDIS_PREFIX_BYTES + REDIS_KEY_BYTES];
};

/* connect.c. After redis_open the connection is there, as far as one can know without asking.
 * redis_close forgets what is in flight; redis_back_off is that after a failure. */
MUST_CHECK enum status redis_open(struct redis *redis, struct error *error);
void redis_close(struct redis *redis);
void redis_back_off(struct redis *redis);

/* The end of a wait that begins now and may take timeout_ms. */
int64_t redis_deadline(const struct redis *redis, int64_t timeout_ms);

/* pipeline.c. Words are borrowed until redis_end_command encodes them; the key gets the prefix.
 * The count of words and their bytes are checked before: redis_check_command. */
void redis_begin_command(struct redis *redis, const char *name);
void redis_add_word(struct redis *redis, struct slice word);
void redis_add_key(struct redis *redis, struct slice key);
MUST_CHECK enum status redis_end_command(struct redis *redis, bool internal, struct error *error);
MUST_CHECK enum status redis_check_command(const struct redis_command *command,
                                           struct error *error);

#endif
