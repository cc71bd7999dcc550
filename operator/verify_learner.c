/* What was shown, what was said of it, and what the engine made of the two. */
#include "operator/readers.h"
#include "operator/verify.h"
#include "operator/verify_tables.h"

#define LEARNER "learner"

#define AUDIT_SQL                                                                                  \
    "SELECT count(*) OVER (), format('partition %s: the counter is at %s, the audit has %s rows,"  \
    " %s to %s', partition, coalesce(c.last, 0), coalesce(a.rows, 0), coalesce(a.first, 0),"       \
    "  coalesce(a.last, 0))"                                                                       \
    " FROM weight_counters c FULL JOIN (SELECT partition, count(*) AS rows,"                       \
    "   min(number) AS first, max(number) AS last FROM weight_audit GROUP BY partition) a"         \
    " USING (partition) WHERE coalesce(c.last, 0) <> coalesce(a.rows, 0)"                          \
    "  OR coalesce(c.last, 0) <> coalesce(a.last, 0) OR coalesce(a.first, 1) <> 1" VERIFY_LIMIT

#define LEARNT_SQL                                                                                 \
    "SELECT count(*) OVER (), CASE WHEN l.user_key IS NULL"                                        \
    " THEN format('partition %s, audit number %s: no such lesson was learnt', a.partition,"        \
    "  a.number) ELSE format('partition %s, feedback offset %s: learnt without an audit row',"     \
    "  l.partition, l.source_offset) END"                                                          \
    " FROM (SELECT * FROM lessons WHERE learnt) l"                                                 \
    " FULL JOIN weight_audit a ON a.user_key = l.user_key AND a.feedback_hash = l.feedback_hash"   \
    "  AND a.source_offset = l.source_offset"                                                      \
    " WHERE l.user_key IS NULL OR a.user_key IS NULL" VERIFY_LIMIT

#define HALVES_SQL                                                                                 \
    "SELECT count(*) OVER (), format('partition %s, feedback offset %s: %s', l.partition,"         \
    "  l.source_offset, CASE WHEN l.learnt THEN 'learnt of what was never shown'"                  \
    "  ELSE 'both halves are there, but it is not learnt' END)"                                    \
    " FROM lessons l LEFT JOIN shown s ON s.user_key = l.user_key"                                 \
    "  AND s.id_hash = l.transaction_hash AND s.event_id = l.transaction_id"                       \
    " WHERE l.learnt <> (s.user_key IS NOT NULL)" VERIFY_LIMIT

#define WEIGHTS_SQL                                                                                \
    "SELECT count(*) OVER (), format('user %s: weights of number %s, the last lesson has %s',"     \
    "  user_key, coalesce(w.number, 0), coalesce(a.number, 0))"                                    \
    " FROM weights w FULL JOIN (SELECT DISTINCT ON (user_key) user_key, partition, number"         \
    "   FROM weight_audit ORDER BY user_key, number DESC) a USING (user_key)"                      \
    " WHERE w.number IS DISTINCT FROM a.number OR w.partition IS DISTINCT FROM "                   \
    "a.partition" VERIFY_LIMIT

static const struct verify_check checks[] = {
    {.name = "shown",
     .help = "one row for each answer that the learner applied, and no other",
     .sql = {VERIFY_COUNTED("shown", LEARNER, TOPIC_CLASSIFICATIONS),
             VERIFY_PLACED("shown", LEARNER, TOPIC_CLASSIFICATIONS), VERIFY_UNIQUE("shown")}},
    {.name = "lessons",
     .help = "one row for each feedback that the learner applied, and no other",
     .sql = {VERIFY_COUNTED("lessons", LEARNER, TOPIC_FEEDBACK),
             VERIFY_PLACED("lessons", LEARNER, TOPIC_FEEDBACK), VERIFY_UNIQUE("lessons")}},
    {.name = "halves",
     .help = "a lesson is learnt when what was shown is there, and only then",
     .sql = {VERIFY_SQL("halves", HALVES_SQL)}},
    {.name = "audit",
     .help = "the audit is numbered without a gap up to the partition's counter, a row a lesson",
     .sql = {VERIFY_SQL("audit", AUDIT_SQL), VERIFY_SQL("learnt", LEARNT_SQL)}},
    {.name = "weights",
     .help = "a user's weights are those of the last lesson",
     .sql = {VERIFY_SQL("weights", WEIGHTS_SQL)}},
};

const struct verify_subject verify_learner = {.checks = checks,
                                              .count = sizeof checks / sizeof checks[0]};
