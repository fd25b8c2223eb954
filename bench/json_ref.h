/* The reference of json_bench.c. */
#ifndef SG_BENCH_JSON_REF_H
#define SG_BENCH_JSON_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the text with jansson and writes it again. False: jansson refused it. */
bool json_ref_read_and_write(const uint8_t *text, size_t n);

#endif
