/* SQL of checks that every table of effects has in common: each row carries the partition and the
 * source offset that it came from. */
#ifndef TRIBUTARY_OPERATOR_VERIFY_TABLES_H
#define TRIBUTARY_OPERATOR_VERIFY_TABLES_H

/* A statement of struct verify_check that runs once. */
#define VERIFY_SQL(name_, sql_)                                                                    \
    {                                                                                              \
        .name = "verify_" name_, .sql = sql_, .once = true                                         \
    }

#define VERIFY_LIMIT " LIMIT 20" /* REPORT_EXAMPLES */

#define VERIFY_ROWS_OF(group, topic)                                                               \
    "(SELECT * FROM source_offsets WHERE consumer_group = '" group "' AND topic = '" topic "')"

/* As many rows as the group says it applied, partition by partition. */
#define VERIFY_COUNTED(table, group, topic)                                                        \
    VERIFY_SQL(table "_count",                                                                     \
               "SELECT count(*) OVER (), format('partition %s: %s rows of " table ", but " group   \
               " applied %s of " topic "', partition, coalesce(t.rows, 0),"                        \
               "  coalesce(s.applied, 0))"                                                         \
               " FROM (SELECT partition, count(*) AS rows FROM " table " GROUP BY partition) t"    \
               " FULL JOIN " VERIFY_ROWS_OF(                                                       \
                   group, topic) " s USING (partition)"                                            \
                                 " WHERE coalesce(t.rows, 0) <> coalesce(s.applied, 0)"            \
                                 " ORDER BY partition" VERIFY_LIMIT)

/* Only offsets that the group's row has passed. */
#define VERIFY_PLACED(table, group, topic)                                                         \
    VERIFY_SQL(                                                                                    \
        table "_place",                                                                            \
        "SELECT count(*) OVER (), format('partition %s, source offset %s: a row of " table         \
        " outside of what " group " has read', t.partition, t.source_offset)"                      \
        " FROM " table " t LEFT JOIN " VERIFY_ROWS_OF(                                             \
            group, topic) " s USING (partition) WHERE s.base IS NULL OR t.source_offset < s.base"  \
                          "  OR t.source_offset >= s.position" VERIFY_LIMIT)

/* Each source record once. */
#define VERIFY_UNIQUE(table)                                                                       \
    VERIFY_SQL(                                                                                    \
        table "_unique",                                                                           \
        "SELECT count(*) OVER (), format('partition %s, source offset %s: %s rows of " table       \
        "', partition, source_offset, count(*))"                                                   \
        " FROM " table " GROUP BY partition, source_offset HAVING count(*) > 1" VERIFY_LIMIT)

#endif
