#include "common/sink/life.h"

#include "common/base/must.h"
#include "common/log/log.h"
#include "common/sink/holders.h"

enum {
    USERS_CACHED = 50000, /* about 6 MB */
    TICK_MS = 100,
    LOSS_CHECK_MS = 10000,
    ADMIN_CALL_MS = 5000,
    SCRATCH_BYTES_A_RECORD = 16 * 1024,
    SCRATCH_BYTES_MIN = 1024 * 1024, /* more than any single record asks for */
    MAX_SECTIONS = 3,
};

#define UNDEFINED_TABLE "42P01" /* SQLSTATE */

static const struct postgres_statement meta_statement = {
    .name = "meta_read",
    .sql = "SELECT schema_version, siphash_key, coalesce(partitions, 0) FROM meta",
    .once = true,
};

/* What `tributary init` wrote down must be what this program was built and set for. */
static enum status sink_read_meta(struct sink_life *life, struct error *error)
{
    OWNED(postgres_result) result = NULL;
    enum status status = postgres_run(life->db, &meta_statement, NULL, &result, error);

    if (status != STATUS_OK && strcmp(error->code, UNDEFINED_TABLE) == 0) {
        error_clear(error);
        return error_set(error, STATUS_RETRY, "no schema yet: run `tributary init`");
    }
    if (status != STATUS_OK)
        return status;
    if (postgres_result_rows(result) != 1 || postgres_result_null(result, 0, 1))
        return error_set(error, STATUS_RETRY, "the database is not set up: run `tributary init`");
    if (postgres_result_int4(result, 0, 0) != TRIBUTARY_SCHEMA_VERSION)
        return error_set(error, STATUS_FATAL,
                         "the database has schema version %d, this program needs %d: run `tributary"
                         " migrate` of the same release",
                         postgres_result_int4(result, 0, 0), TRIBUTARY_SCHEMA_VERSION);
    if (postgres_result_int4(result, 0, 2) != life->offsets.partitions)
        return error_set(error, STATUS_FATAL,
                         "this installation has %d partitions, but worker.partitions is %d",
                         postgres_result_int4(result, 0, 2), life->offsets.partitions);
    crypto_siphash_free(life->siphash);
    life->siphash = NULL;
    return crypto_siphash_new(&life->siphash, postgres_result_bytea(result, 0, 1), error);
}

static bool any_sequenced(const struct sink *sink)
{
    for (size_t i = 0; i < sink->input_count; i++)
        if (sink->inputs[i].kind == INPUT_CLASSIFICATIONS)
            return true;
    return false;
}

/* Everything that needs no server; once. */
static enum status sink_make(struct sink_life *life, const struct worker_thread *thread,
                             struct error *error)
{
    const struct sink_program *program = life->program;
    const struct worker_settings *settings = thread->settings;
    const struct kafka_admin_options admin = {
        .settings = thread->kafka, .client_id = thread->name, .timeout_ms = ADMIN_CALL_MS};
    enum status status;

    life->thread = thread;
    if ((status = postgres_new(&program->postgres, thread->name, &life->db, error)) != STATUS_OK)
        return status;
    if (program->sink->uses_redis)
        life->redis = redis_new(&program->redis);
    if (any_sequenced(program->sink) &&
        (status = kafka_admin_new(&admin, &life->admin, error)) != STATUS_OK)
        return status;
    life->users = users_new(USERS_CACHED);
    offsets_init(&life->offsets, thread->name, thread->inputs, thread->input_count,
                 (int32_t)settings->partitions);
    shown_init(&life->shown, &life->offsets);
    letters_init(&life->letters);
    sink_stats_init(&life->stats, thread->metrics, &life->offsets);
    life->scratch =
        arena_new(SCRATCH_BYTES_MIN + (size_t)settings->batch_records * SCRATCH_BYTES_A_RECORD +
                  (size_t)settings->batch_bytes * 4);
    life->changes =
        must_alloc((size_t)settings->partitions * thread->input_count * sizeof *life->changes);
    life->taken = must_alloc((size_t)settings->partitions * sizeof *life->taken);
    life->state = must_alloc(program->sink->state_size);
    return STATUS_OK;
}

static enum status on_open(void *opaque, const struct worker_thread *thread, struct error *error)
{
    struct sink_life *life = opaque;
    const struct sink *sink = life->program->sink;
    enum status status;

    if (life->state == NULL && (status = sink_make(life, thread, error)) != STATUS_OK)
        return status;
    if ((status = sink_read_meta(life, error)) != STATUS_OK)
        return status;
    if (sink->open != NULL) {
        const struct sink_context context = {.name = sink->name,
                                             .settings = life->program->settings,
                                             .db = life->db,
                                             .redis = life->redis,
                                             .metrics = thread->metrics,
                                             .thread = thread->index};

        life->state_opened = true;
        return sink->open(life->state, &context, error);
    }
    return STATUS_OK;
}

/* A lock that does not come may be held by one who never will let it go by himself. */
static void free_locks(struct sink_life *life, const struct error *error)
{
    int64_t ended;

    if (holders_suspected(error) && (ended = holders_end(life->db)) > 0)
        log_write(LOG_WARN, "stopped_sessions_ended", LOG_INT("count", ended));
}

static enum status on_take(void *opaque, int32_t partition, int64_t *ret_next, struct error *error)
{
    struct sink_life *life = opaque;
    const struct sink *sink = life->program->sink;
    enum status status = offsets_take(&life->offsets, life->db, partition, error);

    if (status == STATUS_OK && sink->taken != NULL)
        status = sink->taken(life->state, partition, error);
    if (status != STATUS_OK) {
        free_locks(life, error);
        return status;
    }
    life->taken[partition] = true;
    sink_stats_add(&life->stats, &life->offsets, partition);
    for (size_t i = 0; i < life->offsets.input_count; i++)
        ret_next[i] = life->offsets.rows[offsets_index(&life->offsets, partition, i)].next;
    return STATUS_OK;
}

static enum status on_apply(void *opaque, const struct batch *batch, struct error *error)
{
    struct sink_life *life = opaque;
    enum status status = sink_apply(life, batch, error);

    if (status != STATUS_OK)
        free_locks(life, error);
    return status;
}

static enum status on_tick(void *opaque, struct now now, struct error *error)
{
    struct sink_life *life = opaque;
    int64_t now_ms = now.steady_us / 1000;

    if (now_ms >= life->tick_at_ms && life->program->sink->tick != NULL) {
        life->tick_at_ms = now_ms + TICK_MS;
        life->program->sink->tick(life->state, now);
    }
    shown_turn(&life->shown, &life->offsets, life->taken, life->thread->consumer, now_ms);
    if (life->admin == NULL || now_ms < life->alarm_at_ms)
        return STATUS_OK;
    life->alarm_at_ms = now_ms + LOSS_CHECK_MS;
    return sink_check_loss(life, error);
}

static void on_settle(void *opaque, int64_t deadline_ms)
{
    struct sink_life *life = opaque;

    (void)deadline_ms; /* nobody waits */
    if (life->taken != NULL)
        shown_commit(&life->shown, &life->offsets, life->taken, life->thread->consumer);
}

static void on_revoked(void *opaque, int32_t partition)
{
    struct sink_life *life = opaque;
    const struct sink *sink = life->program->sink;

    if (life->taken[partition] && sink->revoked != NULL)
        sink->revoked(life->state, partition);
    life->taken[partition] = false;
    shown_forget(&life->shown, &life->offsets, partition);
    sink_stats_remove(&life->stats, &life->offsets, partition);
}

static void on_close(void *opaque)
{
    struct sink_life *life = opaque;
    const struct sink *sink = life->program->sink;

    if (life->state_opened && sink->close != NULL)
        sink->close(life->state);
    sink_stats_done(&life->stats, &life->offsets);
    shown_done(&life->shown);
    offsets_done(&life->offsets);
    if (life->state != NULL)
        letters_done(&life->letters);
    users_free(life->users);
    kafka_admin_free(life->admin);
    redis_free(life->redis);
    postgres_free(life->db);
    crypto_siphash_free(life->siphash);
    arena_free(life->scratch);
    free(life->changes);
    free(life->taken);
    free(life->state);
}

static void life_init(void *life, const void *context)
{
    ((struct sink_life *)life)->program = context;
}

static const struct worker_kind sink_kind = {
    .open = on_open,
    .take = on_take,
    .apply = on_apply,
    .tick = on_tick,
    .settle = on_settle,
    .revoked = on_revoked,
    .close = on_close,
};

int sink_main(const struct sink *sink, int argc, char **argv)
{
    struct sink_program program = {.sink = sink, .settings = must_alloc(sink->settings_size)};
    struct config_section sections[MAX_SECTIONS] = {
        {"postgres", postgres_setting_table, postgres_setting_count, &program.postgres}};
    struct worker_program worker = {.name = sink->name,
                                    .inputs = sink->inputs,
                                    .input_count = sink->input_count,
                                    .sections = sections,
                                    .section_count = 1,
                                    .kind = &sink_kind,
                                    .life_size = sizeof(struct sink_life),
                                    .init = life_init,
                                    .context = &program};
    int code;

    if (sink->uses_redis)
        sections[worker.section_count++] = (struct config_section){
            "redis", redis_setting_table, redis_setting_count, &program.redis};
    if (sink->setting_count > 0)
        sections[worker.section_count++] = (struct config_section){
            sink->name, sink->settings, sink->setting_count, program.settings};
    code = worker_main(&worker, argc, argv);
    free(program.settings);
    return code;
}
