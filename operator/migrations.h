/* The numbered files of schemas/sql, built into the program. Version n = the first n are applied.
 */
#ifndef TRIBUTARY_OPERATOR_MIGRATIONS_H
#define TRIBUTARY_OPERATOR_MIGRATIONS_H

struct migration {
    const char *name; /* "0001_core.sql" */
    const char *sql;
};

extern const struct migration migrations[];
extern const int migration_count;

#endif
