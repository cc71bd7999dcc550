/* `tributary offsets recover`: lets partitions that stand still go on, or says why that is not
 * safe. Prints the plan; does it only with --execute. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/json/json.h"
#include "common/postgres/commit.h"
#include "operator/command.h"
#include "operator/readers.h"
#include "operator/recovery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADMIN_CALL_MS = 10000, OUT_BYTES = 4 << 20 };

struct recover {
    const struct command_context *context;
    struct kafka_admin *admin;
    struct postgres *db;
    struct standing standing;
    struct recovery recovery;
    struct kafka_group classifier;
};

/* ---- Reading ---- */

static enum status read_rows(struct recover *recover, struct error *error)
{
    struct postgres_tx *tx;
    enum status status = postgres_tx_begin_snapshot(recover->db, &tx, error);

    if (status != STATUS_OK)
        return status;
    status = standing_read_rows(&recover->standing, tx, error);
    postgres_tx_rollback(tx);
    return status;
}

static enum status read_all(struct recover *recover, struct error *error)
{
    enum status status;

    if ((status = read_rows(recover, error)) != STATUS_OK ||
        (status = standing_read_logs(&recover->standing, recover->admin, error)) != STATUS_OK)
        return status;
    return kafka_admin_group(recover->admin, GROUP_CLASSIFIER, &recover->classifier, error);
}

/* ---- The plan ---- */

static enum status make_plan(struct recover *recover, struct error *error)
{
    const struct command_options *options = recover->context->options;
    const struct recovery_scope scope = {
        .group = options->group, .partition = (int32_t)options->partition, .all = options->all};
    const struct standing_row *row;

    recovery_init(&recover->recovery, &recover->standing);
    if (options->skip_to < 0) {
        recovery_plan(&recover->recovery, &scope);
        return STATUS_OK;
    }
    if (options->group == NULL || options->topic == NULL || options->partition < 0)
        return error_set(error, STATUS_REJECT,
                         "--skip-to needs the row: --group, --topic and --partition");
    row = standing_find(&recover->standing, options->group, options->topic,
                        (int32_t)options->partition);
    if (row == NULL || standing_marks(&recover->standing, row->topic) == NULL ||
        row->partition >= recover->standing.partitions)
        return error_set(error, STATUS_REJECT, "there is no such offset row");
    recovery_skip(&recover->recovery, row, options->skip_to);
    return STATUS_OK;
}

static bool sets_commits(const struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->step_count; i++)
        if (recovery->steps[i].kind == RECOVERY_COMMIT)
            return true;
    return false;
}

/* ---- Printing ---- */

static const char *const kind_names[] = {
    [RECOVERY_COMMIT] = "commit", [RECOVERY_NEXT] = "next", [RECOVERY_SKIP] = "skip"};

static void print_step(const struct recovery_step *step)
{
    if (step->kind == RECOVERY_COMMIT)
        printf("%s, partition %" PRId32 ": commit ", GROUP_CLASSIFIER, step->partition);
    else
        printf("%s, topic %s, partition %" PRId32 ": %s ", step->row->group, step->row->topic,
               step->partition, step->kind == RECOVERY_NEXT ? "next" : "position");
    if (step->from == KAFKA_OFFSET_NONE)
        printf("none");
    else
        printf("%" PRId64, step->from);
    printf(" -> %" PRId64 " (%s)\n", step->to, step->why);
}

static void print_plan(const struct recover *recover)
{
    const struct recovery *recovery = &recover->recovery;

    for (size_t i = 0; i < recovery->step_count; i++)
        print_step(&recovery->steps[i]);
    for (size_t i = 0; i < recovery->problem_count; i++)
        printf("not mended: %s\n", recovery->problems[i].text);
    if (recovery->step_count == 0 && recovery->problem_count == 0)
        fprintf(stderr, "Nothing needs to be recovered.\n");
    if (sets_commits(recovery) && recover->classifier.members > 0)
        fprintf(stderr, "The classifier has %zu members: stop them before --execute.\n",
                recover->classifier.members);
    if (recovery->step_count > 0 && !recover->context->options->execute)
        fprintf(stderr, "Nothing was changed. To do it, add --execute.\n");
}

static void write_step(const struct recovery_step *step, struct json_writer *out)
{
    json_write_object_begin(out);
    json_write_key(out, "kind");
    json_write_text(out, kind_names[step->kind]);
    json_write_key(out, "group");
    json_write_text(out, step->row == NULL ? GROUP_CLASSIFIER : step->row->group);
    json_write_key(out, "topic");
    json_write_text(out, step->row == NULL ? TOPIC_TRANSACTIONS : step->row->topic);
    json_write_key(out, "partition");
    json_write_integer(out, step->partition);
    json_write_key(out, "from");
    json_write_integer(out, step->from);
    json_write_key(out, "to");
    json_write_integer(out, step->to);
    json_write_key(out, "why");
    json_write_text(out, step->why);
    json_write_object_end(out);
}

static void write_plan(const struct recover *recover)
{
    const struct recovery *recovery = &recover->recovery;
    struct json_writer writer;
    struct buffer out;

    buffer_init(&out, OUT_BYTES);
    json_writer_init(&writer, &out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "execute");
    json_write_boolean(&writer, recover->context->options->execute);
    json_write_key(&writer, "classifier_members");
    json_write_integer(&writer, (int64_t)recover->classifier.members);
    json_write_key(&writer, "steps");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < recovery->step_count; i++)
        write_step(&recovery->steps[i], &writer);
    json_write_array_end(&writer);
    json_write_key(&writer, "not_mended");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < recovery->problem_count; i++)
        json_write_text(&writer, recovery->problems[i].text);
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    printf("%.*s\n", (int)out.size, out.data);
    buffer_done(&out);
}

/* ---- Doing it ---- */

/* Whoever reads the partition now finds another epoch in the row, and takes it again. */
static const struct postgres_statement next_statement = {
    .name = "recover_next",
    .sql = "UPDATE source_offsets SET next = $5, epoch = epoch + 1"
           " WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND next = $4",
    .once = true,
    .types = {POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_INT4, POSTGRES_INT8, POSTGRES_INT8},
};
static const struct postgres_statement skip_statement = {
    .name = "recover_skip",
    .sql = "UPDATE source_offsets SET next = CASE WHEN next_source IS NULL THEN $5 ELSE next END,"
           "  next_source = CASE WHEN next_source IS NULL THEN NULL ELSE $5 END,"
           "  gap = gap + ($5 - position), epoch = epoch + 1"
           " WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND position = $4",
    .once = true,
    .types = {POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_INT4, POSTGRES_INT8, POSTGRES_INT8},
};

static enum status move_row(struct recover *recover, const struct recovery_step *step,
                            struct error *error)
{
    const struct postgres_value values[] = {
        postgres_text(slice_of(step->row->group)), postgres_text(slice_of(step->row->topic)),
        postgres_int4(step->partition), postgres_int8(step->from), postgres_int8(step->to)};
    OWNED(postgres_result) result = NULL;
    enum status status =
        postgres_run(recover->db, step->kind == RECOVERY_NEXT ? &next_statement : &skip_statement,
                     values, &result, error);

    if (status == STATUS_OK && postgres_result_affected(result) != 1)
        return error_set(error, STATUS_LOST,
                         "the row of group %s, topic %s, partition %" PRId32
                         " has moved meanwhile: run it again",
                         step->row->group, step->row->topic, step->partition);
    return status;
}

static enum status set_commits(struct recover *recover, struct error *error)
{
    size_t count = (size_t)recover->standing.partitions;
    int64_t *offsets = must_alloc(count * sizeof *offsets);
    enum status status;

    for (size_t p = 0; p < count; p++)
        offsets[p] = KAFKA_OFFSET_NONE;
    for (size_t i = 0; i < recover->recovery.step_count; i++) {
        const struct recovery_step *step = &recover->recovery.steps[i];

        if (step->kind == RECOVERY_COMMIT)
            offsets[step->partition] = step->to;
    }
    status = kafka_admin_commit(recover->admin, GROUP_CLASSIFIER, TOPIC_TRANSACTIONS, offsets,
                                count, error);
    free(offsets);
    return status;
}

static enum status execute(struct recover *recover, struct error *error)
{
    enum status status = STATUS_OK;

    if (sets_commits(&recover->recovery) && recover->classifier.members > 0)
        return error_set(error, STATUS_LOST,
                         "the classifier has %zu members: stop them first. Nothing was changed",
                         recover->classifier.members);
    for (size_t i = 0; status == STATUS_OK && i < recover->recovery.step_count; i++)
        if (recover->recovery.steps[i].kind != RECOVERY_COMMIT)
            status = move_row(recover, &recover->recovery.steps[i], error);
    if (status == STATUS_OK && sets_commits(&recover->recovery))
        status = set_commits(recover, error);
    if (status == STATUS_OK)
        fprintf(stderr, "Done: %zu changes.\n", recover->recovery.step_count);
    return status;
}

/* ---- The command ---- */

static int recover_run(struct recover *recover, struct error *error)
{
    const struct command_options *options = recover->context->options;

    if (read_all(recover, error) != STATUS_OK || make_plan(recover, error) != STATUS_OK)
        return command_failed(error);
    if (options->json)
        write_plan(recover);
    else
        print_plan(recover);
    if (options->execute && recover->recovery.step_count > 0 &&
        execute(recover, error) != STATUS_OK)
        return command_failed(error);
    return recover->recovery.problem_count > 0 ? COMMAND_FOUND : COMMAND_OK;
}

static int run_recover(const struct command_context *context, struct error *error)
{
    const struct kafka_admin_options options = {
        .settings = context->kafka, .client_id = "tributary-recover", .timeout_ms = ADMIN_CALL_MS};
    struct recover recover = {.context = context};
    OWNED(kafka_admin) admin = NULL;
    OWNED(postgres) db = NULL;
    int code;

    if (postgres_new(context->postgres, "tributary-recover", &db, error) != STATUS_OK ||
        kafka_admin_new(&options, &admin, error) != STATUS_OK)
        return command_failed(error);
    recover.admin = admin;
    recover.db = db;
    code = recover_run(&recover, error);
    recovery_done(&recover.recovery);
    standing_done(&recover.standing);
    return code;
}

const struct command command_offsets_recover = {
    .words = "offsets recover",
    .help = "lets partitions that stand still go on, where that is safe",
    .more =
        "Sets the classifier back to the lowest source offset that any reader still wants, and\n"
        "readers of its outputs to the begin of that log; both only repeat work. What retention\n"
        "deleted unread is given up row by row, with --group, --topic, --partition and --skip-to:\n"
        "it is counted as a gap, so the books stay exact. Without --execute it prints the plan.\n"
        "Exits with 1 if something is left that no step mends.",
    .example = "tributary offsets recover --execute",
    .options = "json execute all group topic partition skip_to",
    .sections = COMMAND_KAFKA | COMMAND_POSTGRES,
    .run = run_recover,
};
