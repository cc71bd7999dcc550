/* What each fuzz target defines: one run over some bytes. Aborts (MUST) on a fault; returns 0. */
#ifndef TRIBUTARY_TESTS_FUZZ_TARGET_H
#define TRIBUTARY_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
