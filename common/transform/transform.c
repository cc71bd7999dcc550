#include "common/transform/transform.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/transform/life.h"
#include "common/transform/output.h"

enum {
    OPEN_MS = 5000,
    TICK_MS = 100,
    WAITING_POLL_MS = 2,      /* while outputs wait for their acknowledgement */
    COMMIT_RESERVE_MS = 1000, /* of settling, kept for the commit */
    SCRATCH_BYTES_A_RECORD = 4 * 1024,
    MAX_SECTIONS = 4,
};

/* Everything that needs no server; once. */
static enum status life_make(struct transform_life *life, const struct worker_thread *thread,
                             struct error *error)
{
    const struct transform_program *program = life->program;
    const struct worker_settings *settings = thread->settings;
    int32_t partitions = (int32_t)settings->partitions;
    const struct sender_options sender = {
        .kafka = thread->kafka,
        .client_id = thread->name,
        .topic = program->transform->output,
        .partitions = partitions,
        .window_bytes = (size_t)program->settings.window_bytes,
        .delivery_timeout_ms = program->settings.delivery_timeout_ms,
        .stats = &life->stats,
    };
    enum status status;

    life->thread = thread;
    if ((status = postgres_new(&program->postgres, thread->name, &life->db, error)) != STATUS_OK)
        return status;
    life->redis = redis_new(&program->redis);
    transform_stats_init(&life->stats, thread->metrics, thread->name, partitions);
    commits_init(&life->commits, partitions, program->settings.commit_interval_ms);
    buffer_init(&life->encoded, OUTPUT_BYTES_MAX);
    life->sender = sender_new(&sender);
    life->scratch = arena_new((size_t)settings->batch_records * SCRATCH_BYTES_A_RECORD +
                              (size_t)settings->batch_bytes * 4);
    life->selected = must_alloc((size_t)settings->batch_records * sizeof *life->selected);
    life->taken = must_alloc((size_t)partitions * sizeof *life->taken);
    life->state = must_alloc(program->transform->state_size);
    return STATUS_OK;
}

static enum status on_open(void *opaque, const struct worker_thread *thread, struct error *error)
{
    struct transform_life *life = opaque;
    const struct transform *transform = life->program->transform;
    enum status status;

    if (life->state == NULL && (status = life_make(life, thread, error)) != STATUS_OK)
        return status;
    if ((status = sender_open(life->sender, OPEN_MS, error)) != STATUS_OK)
        return status;
    if (transform->open != NULL) {
        const struct transform_context context = {.name = transform->name,
                                                  .settings = life->program->group_settings,
                                                  .db = life->db,
                                                  .redis = life->redis,
                                                  .metrics = thread->metrics,
                                                  .thread = thread->index};

        life->state_opened = true;
        return transform->open(life->state, &context, error);
    }
    return STATUS_OK;
}

static enum status on_take(void *opaque, int32_t partition, int64_t *ret_next, struct error *error)
{
    struct transform_life *life = opaque;
    enum status status = transform_find_start(life, partition, ret_next, error);

    if (status != STATUS_OK)
        return status;
    sender_take(life->sender, partition, *ret_next);
    commits_take(&life->commits, partition, *ret_next);
    transform_stats_committed(&life->stats, partition, *ret_next);
    if (!life->taken[partition] && life->program->transform->taken != NULL)
        life->program->transform->taken(life->state, partition);
    life->taken[partition] = true;
    return STATUS_OK;
}

static enum status on_apply(void *opaque, const struct batch *batch, struct error *error)
{
    return transform_apply(opaque, batch, error);
}

static enum status on_tick(void *opaque, struct now now, struct error *error)
{
    struct transform_life *life = opaque;
    int64_t now_ms = now.steady_us / 1000;
    enum status status = sender_turn(life->sender, 0, error);

    commits_turn(&life->commits, sender_window(life->sender), life->thread->consumer, &life->stats,
                 now_ms);
    if (now_ms >= life->tick_at_ms && life->program->transform->tick != NULL) {
        life->tick_at_ms = now_ms + TICK_MS;
        life->program->transform->tick(life->state, now);
    }
    return status;
}

static void on_settle(void *opaque, int64_t deadline_ms)
{
    struct transform_life *life = opaque;
    int64_t until_ms = clock_steady_ms() + deadline_ms, left_ms;
    struct error ignored = {0};

    if (life->sender == NULL)
        return;
    (void)!sender_settle(life->sender, deadline_ms - COMMIT_RESERVE_MS, &ignored);
    left_ms = until_ms - clock_steady_ms();
    commits_settle(&life->commits, sender_window(life->sender), life->thread->consumer,
                   left_ms > 1 ? left_ms : 1);
}

static void on_revoked(void *opaque, int32_t partition)
{
    struct transform_life *life = opaque;

    if (life->sender == NULL)
        return;
    sender_drop(life->sender, partition);
    transform_stats_remove(&life->stats, partition);
    if (life->taken[partition] && life->program->transform->revoked != NULL)
        life->program->transform->revoked(life->state, partition);
    life->taken[partition] = false;
}

static void on_close(void *opaque)
{
    struct transform_life *life = opaque;
    const struct transform *transform = life->program->transform;

    if (life->state_opened && transform->close != NULL)
        transform->close(life->state);
    sender_free(life->sender);
    transform_stats_done(&life->stats);
    commits_done(&life->commits);
    buffer_done(&life->encoded);
    redis_free(life->redis);
    postgres_free(life->db);
    arena_free(life->scratch);
    free(life->selected);
    free(life->taken);
    free(life->state);
}

static int64_t on_poll_limit(const void *opaque)
{
    const struct transform_life *life = opaque;

    return window_count(sender_window(life->sender)) > 0 ? WAITING_POLL_MS : INT64_MAX;
}

static void life_init(void *life, const void *context)
{
    ((struct transform_life *)life)->program = context;
}

static const struct worker_kind transform_kind = {
    .eager = true,
    .open = on_open,
    .take = on_take,
    .apply = on_apply,
    .tick = on_tick,
    .settle = on_settle,
    .revoked = on_revoked,
    .close = on_close,
    .poll_limit_ms = on_poll_limit,
};

int transform_main(const struct transform *transform, int argc, char **argv)
{
    struct transform_program program = {.transform = transform,
                                        .group_settings = must_alloc(transform->settings_size)};
    struct config_section sections[MAX_SECTIONS] = {
        {"transform", transform_setting_table, transform_setting_count, &program.settings},
        {"postgres", postgres_setting_table, postgres_setting_count, &program.postgres},
        {"redis", redis_setting_table, redis_setting_count, &program.redis},
    };
    struct worker_program worker = {.name = transform->name,
                                    .inputs = &transform->input,
                                    .input_count = 1,
                                    .sections = sections,
                                    .section_count = 3,
                                    .kind = &transform_kind,
                                    .life_size = sizeof(struct transform_life),
                                    .init = life_init,
                                    .context = &program};
    int code;

    MUST(transform->input.kind == INPUT_TRANSACTIONS);
    if (transform->setting_count > 0)
        sections[worker.section_count++] = (struct config_section){
            transform->name, transform->settings, transform->setting_count, program.group_settings};
    code = worker_main(&worker, argc, argv);
    free(program.group_settings);
    return code;
}
