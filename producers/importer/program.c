/* The command line. */
#include "producers/importer/importer.h"

#include "common/log/log.h"

#include <stdio.h>

struct program {
    struct feeder_settings feeder;
    struct feeder_flags flags;
    struct importer_flags importer;
    struct kafka_settings kafka;
    struct log_options log;
};

static int import(const struct program *program, const char *path)
{
    OWNED(importer) importer = NULL;
    struct error error = {0};
    struct feeder_options options = {
        .name = "importer",
        .settings = &program->feeder,
        .flags = &program->flags,
        .kafka = &program->kafka,
        .reached = importer_reached,
    };

    if (importer_new(&importer, path, &program->importer, &error) != STATUS_OK)
        return feeder_refuse(options.name, &error);
    options.source = importer_source(importer);
    options.opaque = importer;
    options.place = importer_place(importer);
    return feeder_run(&options);
}

int importer_main(int argc, char **argv)
{
    struct program program = {.log = {.level = LOG_INFO}};
    const struct config_section sections[] = {
        {NULL, importer_flag_table, importer_flag_count, &program.importer},
        {NULL, feeder_flag_table, feeder_flag_count, &program.flags},
        {"feeder", feeder_setting_table, feeder_setting_count, &program.feeder},
        {"kafka", kafka_setting_table, kafka_setting_count, &program.kafka},
        {"log", log_settings, LOG_SETTINGS_COUNT, &program.log},
    };
    const struct config_program description = {
        .name = "tributary-importer",
        .summary = "Posts the rows of a CSV file as transactions.",
        .version = TRIBUTARY_VERSION,
        .arguments = "FILE.csv[.gz]",
        .sections = sections,
        .count = sizeof sections / sizeof sections[0],
    };
    enum config_action action = CONFIG_RUN;
    OWNED(config) config = NULL;
    struct error error = {0};

    if (config_load(&config, &description, argc, argv, &action, &error) != STATUS_OK)
        return feeder_refuse("tributary-importer", &error);
    if (action == CONFIG_EXIT)
        return FEEDER_EXIT_OK;
    if (config_argument(config, 0) == NULL || config_argument(config, 1) != NULL) {
        fprintf(stderr, "tributary-importer: one file, please: tributary-importer FILE.csv\n");
        return FEEDER_EXIT_USAGE;
    }
    log_open("importer", program.log.level, program.log.format);
    return import(&program, config_argument(config, 0));
}
