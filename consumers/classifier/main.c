#include "consumers/classifier/classifier.h"

int main(int argc, char **argv)
{
    return transform_main(&classifier_transform, argc, argv);
}
