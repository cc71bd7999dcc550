/* Set if newer, by a script that runs as one step on the server. Each connection loads it before
 * its first use, in the same pipeline; the server may forget it later (SCRIPT FLUSH, a failover),
 * which the caller sees as STATUS_RETRY, and the next use loads it again. */
#include "common/base/must.h"
#include "common/redis/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

/* KEYS: the hash. ARGV: version, time to live in ms, 1 for only_there, name, value, name, value, …
 * Versions are compared as decimal text, for Lua's numbers are exact to 2^53 only: the longer is
 * larger, and of two equally long ones the later in the alphabet. */
static const char script[] =
    "local have = redis.call('HGET', KEYS[1], 'v') "
    "local new = ARGV[1] "
    "if not have and ARGV[3] == '1' then return -1 end "
    "if have and (#have > #new or (#have == #new and have >= new)) then return 0 end "
    "redis.call('HSET', KEYS[1], 'v', new, unpack(ARGV, 4)) "
    "redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
    "return 1";

/* SHA-1 of the script, in hex: its name on the server. */
#define SCRIPT_NAME SLICE_LITERAL("56dea3cfb7112263f6cf7acc4ff0f3879c264397")

static enum status load_script(struct redis *redis, struct error *error)
{
    if (redis->script_loaded)
        return STATUS_OK;
    redis_begin_command(redis, "SCRIPT");
    redis_add_word(redis, SLICE_LITERAL("LOAD"));
    redis_add_word(redis, (struct slice){script, sizeof script - 1});
    redis->script_loaded = true;
    return redis_end_command(redis, true, error);
}

enum status redis_append_newer(struct redis *redis, const struct redis_newer *newer,
                               struct error *error)
{
    const struct redis_command checked = {"EVALSHA", newer->key, newer->fields, newer->count};
    enum status status = redis_check_command(&checked, error);
    char version[24], ttl_ms[24];

    MUST(newer->version >= 0 && newer->ttl_ms > 0);
    MUST(newer->count >= 2 && newer->count % 2 == 0 && redis->pending < REDIS_IN_FLIGHT_MAX);
    if (status == STATUS_OK)
        status = redis_open(redis, error);
    if (status == STATUS_OK)
        status = load_script(redis, error);
    if (status != STATUS_OK)
        return status;
    snprintf(version, sizeof version, "%" PRId64, newer->version);
    snprintf(ttl_ms, sizeof ttl_ms, "%" PRId64, newer->ttl_ms);
    redis_begin_command(redis, "EVALSHA");
    redis_add_word(redis, SCRIPT_NAME);
    redis_add_word(redis, SLICE_LITERAL("1"));
    redis_add_key(redis, newer->key);
    redis_add_word(redis, slice_of(version));
    redis_add_word(redis, slice_of(ttl_ms));
    redis_add_word(redis, newer->only_there ? SLICE_LITERAL("1") : SLICE_LITERAL("0"));
    for (size_t i = 0; i < newer->count; i++)
        redis_add_word(redis, newer->fields[i]);
    return redis_end_command(redis, false, error);
}
