/* Configuration of a program: flags over environment over one INI file over defaults, checked
 * against the tables of settings (setting.h) of the components that the program is made of.
 *
 * The file is named by --config FILE or TRIBUTARY_CONFIG. One file and one environment may serve
 * several programs: sections of the file that this program does not have are passed over, and so
 * are TRIBUTARY_<SECTION>_… variables of them. Within its own sections an unknown key, an unknown
 * variable and any unknown flag refuse to start, with the nearest name; so does a foreign section
 * whose name is all but one of ours. Variables that Kubernetes makes for services
 * (…_SERVICE_HOST, …_PORT_80_TCP and the like) are not taken for settings. An empty variable
 * counts as unset.
 *
 * Also: --help, --version, and --check, which prints the effective settings as a file that can be
 * read again, each with where it came from, secrets masked. Knows no program's settings itself. */
#ifndef TRIBUTARY_CONFIG_CONFIG_H
#define TRIBUTARY_CONFIG_CONFIG_H

#include "common/base/buffer.h"
#include "common/base/owned.h"
#include "common/base/status.h"
#include "common/config/setting.h"

struct config;

/* The settings of one component and the struct to fill. */
struct config_section {
    const char *name; /* [a-z][a-z0-9]*; NULL: flags of the command line alone (--rate=5), neither
                         in the environment nor the file nor in --check */
    const struct setting *settings;
    size_t count;
    void *target;
};

struct config_program {
    const char *name;    /* "tributary-analytics" */
    const char *summary; /* one line for --help */
    const char *version;
    const char *arguments; /* "COMMAND [ARGUMENT...]" for --help; NULL: takes none, and refuses */
    const struct config_section *sections;
    size_t count;
};

enum config_action {
    CONFIG_RUN,
    CONFIG_EXIT, /* --help, --version or --check has printed what was asked for: exit 0 */
};

/* Fills every section's target. argv is borrowed as long as the config; program, its sections and
 * their tables too. Targets' texts live until config_free. What is wrong with the input is
 * STATUS_REJECT with a line for the user (exit 2); on failure targets may be half filled.
 * Call before there are threads: it reads the environment. */
MUST_CHECK enum status config_load(struct config **ret_config, const struct config_program *program,
                                   int argc, char **argv, enum config_action *ret_action,
                                   struct error *error);
void config_free(struct config *config);
OWNED_DEFINE(config);

/* The arguments that are no flags, in order, from the first on (argv[0] is not among them). NULL
 * beyond the last. "--" ends the flags. */
const char *config_argument(const struct config *config, size_t index);

/* What --check prints. */
void config_write_check(const struct config *config, struct buffer *out);

/* What --help prints. */
void config_write_help(const struct config_program *program, struct buffer *out);

/* A Markdown table for each section: setting, type, default, range, help. Targets are not used. */
void config_write_markdown(const struct config_section *sections, size_t count, struct buffer *out);

#endif
