/* Breadth-first search through all states of one world: each is visited once, and the first
 * violation found is one of the nearest. */
#ifndef TRIBUTARY_TESTS_GO_BACK_SEARCH_H
#define TRIBUTARY_TESTS_GO_BACK_SEARCH_H

#include "tests/property/go_back_model/model.h"

struct search;

struct search *search_new(const struct model_world *world);
void search_free(struct search *search);

/* Visits all states, or up to the first violation. */
enum model_violation search_run(struct search *search);

size_t search_states(const struct search *search);

/* Steps of the way to the last state that was found. */
size_t search_depth(const struct search *search);

/* The way to the violation, a line a step. */
void search_print_trace(const struct search *search);

#endif
