/* The descriptor of the classifier group. */
#ifndef TRIBUTARY_CLASSIFIER_CLASSIFIER_H
#define TRIBUTARY_CLASSIFIER_CLASSIFIER_H

#include "common/transform/transform.h"

extern const struct transform classifier_transform;

#endif
