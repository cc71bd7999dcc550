/* The generator's one way to stop: a line on stderr, exit code 1. It runs at build time only. */
#ifndef TRIBUTARY_CODEC_GENERATOR_FAIL_H
#define TRIBUTARY_CODEC_GENERATOR_FAIL_H

#include <stdio.h>
#include <stdlib.h>

#define FAIL(...)                                                                                  \
    do {                                                                                           \
        fprintf(stderr, "codec generator: " __VA_ARGS__);                                          \
        fputc('\n', stderr);                                                                       \
        exit(EXIT_FAILURE);                                                                        \
    } while (0)

#endif
