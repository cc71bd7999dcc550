/* The command line. */
#include "producers/simulator/simulator.h"

#include "common/base/timestamp.h"
#include "common/event/event_json.h"
#include "common/log/log.h"
#include "producers/feeder/feeder.h"
#include "producers/simulator/traffic.h"

#include <stdio.h>

struct simulator_flags {
    int64_t events;
    int64_t users;
    const char *start;
    bool print;
};

#define FLAG(type, member) SETTING_AT(type, struct simulator_flags, member)

static const struct setting flag_table[] = {
    {.name = "events",
     FLAG(INTEGER, events),
     .fallback = "100000",
     .max = INT64_C(1000000000000),
     .help = "transactions to post; 0: until stopped"},
    {.name = "users",
     FLAG(INTEGER, users),
     .fallback = "1000",
     .min = 1,
     .max = TRAFFIC_USERS_MAX,
     .help = "whose they are"},
    {.name = "start",
     FLAG(TEXT, start),
     .fallback = "2025-01-01T00:00:00Z",
     .help = "when the first one occurs (RFC 3339); the others follow within a year"},
    {.name = "print", FLAG(BOOLEAN, print), .help = "write the events as NDJSON, post nothing"},
};

struct program {
    struct simulator_flags simulator;
    struct feeder_settings feeder;
    struct feeder_flags flags;
    struct kafka_settings kafka;
    struct log_options log;
};

enum { LINE_BYTES = 16 * 1024 };

static enum feeder_next next(void *state, struct feeder_event *ret_event,
                             struct event_fault *ret_fault, struct error *error)
{
    (void)ret_fault;
    (void)error;
    return traffic_next(state, ret_event) ? FEEDER_EVENT : FEEDER_END;
}

static int print(struct traffic *traffic)
{
    struct feeder_event event;
    struct buffer line;
    bool good = true;

    buffer_init(&line, LINE_BYTES);
    while (good && traffic_next(traffic, &event)) {
        buffer_reset(&line);
        if (event.kind == EVENT_FEEDBACK)
            event_json_write_feedback(&event.feedback, EVENT_JSON_POSTED, &line);
        else
            event_json_write_transaction(&event.transaction, EVENT_JSON_POSTED, &line);
        buffer_append_byte(&line, '\n');
        good = fwrite(line.data, 1, line.size, stdout) == line.size;
    }
    buffer_done(&line);
    return good && fflush(stdout) == 0 ? FEEDER_EXIT_OK : FEEDER_EXIT_INCOMPLETE;
}

static int simulate(const struct program *program)
{
    struct traffic_plan plan = {
        .seed = (uint64_t)program->flags.seed,
        .events = (uint64_t)program->simulator.events,
        .users = (uint32_t)program->simulator.users,
        .corrections = program->flags.correct <= 0,
    };
    OWNED(traffic) traffic = NULL;
    struct feeder_options options = {
        .name = "simulator",
        .settings = &program->feeder,
        .flags = &program->flags,
        .kafka = &program->kafka,
    };

    if (!timestamp_parse(slice_of(program->simulator.start), &plan.start_us)) {
        fprintf(stderr, "simulator: --start must be as in 2025-01-01T00:00:00Z\n");
        return FEEDER_EXIT_USAGE;
    }
    traffic = traffic_new(&plan);
    if (program->simulator.print)
        return print(traffic);
    options.source = (struct feeder_source){next, traffic, plan.events};
    return feeder_run(&options);
}

int simulator_main(int argc, char **argv)
{
    struct program program = {.log = {.level = LOG_INFO}};
    const struct config_section sections[] = {
        {NULL, flag_table, sizeof flag_table / sizeof flag_table[0], &program.simulator},
        {NULL, feeder_flag_table, feeder_flag_count, &program.flags},
        {"feeder", feeder_setting_table, feeder_setting_count, &program.feeder},
        {"kafka", kafka_setting_table, kafka_setting_count, &program.kafka},
        {"log", log_settings, LOG_SETTINGS_COUNT, &program.log},
    };
    const struct config_program description = {
        .name = "tributary-simulator",
        .summary = "Posts made-up transactions of users with habits.",
        .version = TRIBUTARY_VERSION,
        .sections = sections,
        .count = sizeof sections / sizeof sections[0],
    };
    enum config_action action = CONFIG_RUN;
    OWNED(config) config = NULL;
    struct error error = {0};

    if (config_load(&config, &description, argc, argv, &action, &error) != STATUS_OK)
        return feeder_refuse("tributary-simulator", &error);
    if (action == CONFIG_EXIT)
        return FEEDER_EXIT_OK;
    log_open("simulator", program.log.level, program.log.format);
    return simulate(&program);
}
