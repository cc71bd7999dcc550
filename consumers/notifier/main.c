#include "consumers/notifier/notifier.h"

int main(int argc, char **argv)
{
    return sink_main(&notifier_sink, argc, argv);
}
