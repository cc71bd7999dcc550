/* Realistic traffic without any data: made-up users with habits (traffic.h), posted through the
 * gateway. For demonstrations, load and fault tests; with --print it posts nothing and writes the
 * events as NDJSON. */
#ifndef TRIBUTARY_SIMULATOR_SIMULATOR_H
#define TRIBUTARY_SIMULATOR_SIMULATOR_H

/* The exit code for main. */
int simulator_main(int argc, char **argv);

#endif
