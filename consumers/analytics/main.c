#include "consumers/analytics/analytics.h"

int main(int argc, char **argv)
{
    return sink_main(&analytics_sink, argc, argv);
}
