/* Settings that all feeders share: section "feeder", and flags of the command line. */
#ifndef TRIBUTARY_FEEDER_SETTINGS_H
#define TRIBUTARY_FEEDER_SETTINGS_H

#include "common/config/setting.h"

/* How to post. */
struct feeder_settings {
    const char *url;
    const char *api_key; /* secret: key-id.secret */
    const char *ca_file;
    int64_t batch;      /* most events in one request */
    int64_t requests;   /* of transactions under way at once */
    int64_t timeout_ms; /* of one request */
    int64_t patience_ms;
};

extern const struct setting feeder_setting_table[];
extern const size_t feeder_setting_count;

enum feeder_display_mode { FEEDER_AUTO, FEEDER_BAR, FEEDER_LINES, FEEDER_QUIET };

/* What to do this time. */
struct feeder_flags {
    double rate; /* events a second; 0: as fast as they are taken */
    bool watch;
    double correct; /* share of the wrong answers that is corrected; above 0 it watches */
    int64_t window; /* posted and not yet seen classified */
    int64_t quiet_ms;
    int64_t seed;
    const char *journal;
    const char *report;
    bool json;
    enum feeder_display_mode progress;
};

extern const struct setting feeder_flag_table[];
extern const size_t feeder_flag_count;

#endif
