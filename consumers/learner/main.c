#include "consumers/learner/learner.h"

int main(int argc, char **argv)
{
    return sink_main(&learner_sink, argc, argv);
}
