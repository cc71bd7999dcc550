/* Fractions as text. */
#ifndef TRIBUTARY_BASE_REAL_H
#define TRIBUTARY_BASE_REAL_H

enum { REAL_TEXT_SIZE = 32 };

/* The shortest decimal of at most 17 digits that reads back as the same value: 0.1, 1e-07, 42;
 * "inf", "-inf", "nan". text has REAL_TEXT_SIZE bytes. Expects the C locale, which no program of
 * ours leaves. */
void real_format(double value, char *text);

#endif
