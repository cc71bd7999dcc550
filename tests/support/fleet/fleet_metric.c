/* Reads the Prometheus text format, as far as one metric needs it. */
#include "tests/support/fleet/fleet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 5000 };

/* Adds the line's value to *sum if it is of the metric: name{labels} value. */
static bool add_line(const char *line, const char *metric, const char *label, double *sum)
{
    size_t name_size = strcspn(line, "{ ");
    const char *labels = line + name_size;
    const char *labels_end = labels;
    const char *found;

    if (name_size != strlen(metric) || strncmp(line, metric, name_size) != 0)
        return false;
    if (*labels == '{')
        labels_end = strstr(labels, "} ");
    if (labels_end == NULL)
        return false;
    found = label == NULL ? labels : strstr(labels, label);
    if (found == NULL || found > labels_end)
        return false;
    *sum += strtod(*labels_end == '}' ? labels_end + 1 : labels_end, NULL);
    return true;
}

double fleet_metric(struct fleet *fleet, const char *member, const char *metric, const char *label)
{
    const struct fleet_request request = {
        .port = fleet_admin_port(fleet, member), .path = "/metrics", .timeout_ms = ANSWER_MS};
    char *answer = NULL;
    char *rest = NULL;
    double sum = 0;
    bool any = false;

    if (fleet_http(&request, &answer) == 200) {
        for (char *line = strtok_r(answer, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            any = add_line(line, metric, label, &sum) || any;
    }
    free(answer);
    return any ? sum : (double)NAN;
}
