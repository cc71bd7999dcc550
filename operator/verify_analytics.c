/* The ledger, the corrections and the sums that are kept from them. */
#include "operator/readers.h"
#include "operator/verify.h"
#include "operator/verify_tables.h"

#define ANALYTICS "analytics"

/* What the ledger gives against what is kept; a row that is missing is one of zeros. keys: of the
 * sums' primary key; of: their expressions over the ledger; line: the keys for a person. */
#define SUMS(table, keys, of, line)                                                                \
    VERIFY_SQL(table,                                                                              \
               "SELECT count(*) OVER (), format('" table " of " line                               \
               ": %s in %s events, the ledger has %s in %s', " keys                                \
               ", coalesce(kept.sum_minor, 0), coalesce(kept.events, 0),"                          \
               "  coalesce(given.sum_minor, 0), coalesce(given.events, 0))"                        \
               " FROM (SELECT " of ", category_key, currency, sum(amount_minor) AS sum_minor,"     \
               "   count(*) AS events FROM ledger JOIN users USING (user_key)"                     \
               "   GROUP BY " keys ") AS given"                                                    \
               " FULL JOIN " table " AS kept USING (" keys ")"                                     \
               " WHERE coalesce(kept.sum_minor, 0) <> coalesce(given.sum_minor, 0)"                \
               "  OR coalesce(kept.events, 0) <> coalesce(given.events, 0)" VERIFY_LIMIT)

#define CATEGORY_SQL                                                                               \
    "SELECT count(*) OVER (), format('partition %s, source offset %s: the ledger has category %s"  \
    " by the correction at %s, the corrections give %s by that at %s', l.partition,"               \
    "  l.source_offset, l.category_key, l.correction_offset,"                                      \
    "  coalesce(c.category_key, l.classified_key), coalesce(c.source_offset, -1))"                 \
    " FROM ledger l LEFT JOIN (SELECT DISTINCT ON (user_key, transaction_hash, transaction_id)"    \
    "   user_key, transaction_hash, transaction_id, category_key, source_offset"                   \
    "   FROM corrections WHERE kind = 'correction'"                                                \
    "   ORDER BY user_key, transaction_hash, transaction_id, source_offset DESC) c"                \
    " ON c.user_key = l.user_key AND c.transaction_hash = l.id_hash"                               \
    "  AND c.transaction_id = l.event_id"                                                          \
    " WHERE l.correction_offset <> coalesce(c.source_offset, -1)"                                  \
    "  OR l.category_key <> coalesce(c.category_key, l.classified_key)" VERIFY_LIMIT

#define KEYS_SQL                                                                                   \
    "SELECT count(*) OVER (), format('partition %s, source offset %s: user %s, category %s',"      \
    "  l.partition, l.source_offset, l.user_key, l.category_key)"                                  \
    " FROM ledger l LEFT JOIN users u USING (user_key)"                                            \
    " LEFT JOIN categories c ON c.category_key = l.category_key AND c.tenant_key = u.tenant_key"   \
    " WHERE u.user_key IS NULL OR c.category_key IS NULL" VERIFY_LIMIT

static const struct verify_check checks[] = {
    {.name = "ledger",
     .help = "one ledger row for each record that analytics applied, and no other",
     .sql = {VERIFY_COUNTED("ledger", ANALYTICS, TOPIC_CLASSIFICATIONS),
             VERIFY_PLACED("ledger", ANALYTICS, TOPIC_CLASSIFICATIONS), VERIFY_UNIQUE("ledger")}},
    {.name = "corrections",
     .help = "one row for each feedback that analytics applied, and no other",
     .sql = {VERIFY_COUNTED("corrections", ANALYTICS, TOPIC_FEEDBACK),
             VERIFY_PLACED("corrections", ANALYTICS, TOPIC_FEEDBACK),
             VERIFY_UNIQUE("corrections")}},
    {.name = "categories",
     .help = "a transaction is filed where its latest correction says, else as classified",
     .sql = {VERIFY_SQL("categories", CATEGORY_SQL)}},
    {.name = "keys",
     .help = "every key in the ledger stands for a user, and for a category of that tenant",
     .sql = {VERIFY_SQL("keys", KEYS_SQL)}},
    {.name = "day_sums",
     .help = "the sums of days are what the ledger gives",
     .sql = {SUMS("day_sums", "user_key, day, category_key, currency",
                  "user_key, (occurred_at AT TIME ZONE 'UTC')::date AS day",
                  "user %s, %s, category %s, %s")}},
    {.name = "month_sums",
     .help = "the sums of months are what the ledger gives",
     .sql = {SUMS("month_sums", "user_key, month, category_key, currency",
                  "user_key, date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date AS month",
                  "user %s, %s, category %s, %s")}},
    {.name = "hour_sums",
     .help = "the tenants' sums of hours are what the ledger gives",
     .sql = {SUMS("tenant_hour_sums_by_partition",
                  "tenant_key, hour, category_key, currency, partition",
                  "tenant_key, date_trunc('hour', occurred_at, 'UTC') AS hour, partition",
                  "tenant %s, %s, category %s, %s, partition %s")}},
};

const struct verify_subject verify_analytics = {.checks = checks,
                                                .count = sizeof checks / sizeof checks[0]};
