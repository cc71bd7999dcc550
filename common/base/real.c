#include "common/base/real.h"

#include <stdio.h>
#include <stdlib.h>

void real_format(double value, char *text)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT_SIZE, "%.*g", digits, value);
        if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
            return;
    }
}
