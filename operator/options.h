/* The flags of commands beside the settings of sections: one table, from which each command takes
 * what it names. */
#ifndef TRIBUTARY_OPERATOR_OPTIONS_H
#define TRIBUTARY_OPERATOR_OPTIONS_H

#include "common/config/setting.h"
#include "operator/command.h"

enum { OPTIONS_MAX = 24 };

/* Copies the settings that `names` ("json limit") lists into ret_settings, which has OPTIONS_MAX
 * places. How many. */
size_t options_select(const char *names, struct setting *ret_settings);

extern const struct setting topics_setting_table[];
extern const size_t topics_setting_count;

#endif
