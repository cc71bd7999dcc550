#include "producers/importer/importer.h"

int main(int argc, char **argv)
{
    return importer_main(argc, argv);
}
