-- The ledger and the sums that are kept from it. Everything here is written by the analytics group alone.

-- One row a (user, transaction id). Its one index serves both "seen before?" and the user's reads; equal hash with
-- another id is a dead letter (id_collision), so the full id stands beside it.
CREATE TABLE ledger (
    user_key          bigint      NOT NULL,
    id_hash           bigint      NOT NULL,
    source_offset     bigint      NOT NULL,  -- in topic `transactions`
    amount_minor      bigint      NOT NULL,
    occurred_at       timestamptz NOT NULL,
    correction_offset bigint      NOT NULL,  -- of the correction that decided the category, in `feedback`; -1: none
    partition         integer     NOT NULL,
    category_key      integer     NOT NULL,  -- where the money is counted now
    classified_key    integer     NOT NULL,  -- what the classifier said
    mcc               integer     NOT NULL,
    confidence        real        NOT NULL,
    currency          text COLLATE "C" NOT NULL,
    event_id          text COLLATE "C" NOT NULL,
    account           text COLLATE "C" NOT NULL,
    merchant          text COLLATE "C" NOT NULL,
    description       text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_key, id_hash)
);

-- One row a (user, feedback id): corrections, confirmations and ratings. It may come before its transaction.
CREATE TABLE corrections (
    user_key          bigint      NOT NULL,
    feedback_hash     bigint      NOT NULL,
    transaction_hash  bigint      NOT NULL,
    source_offset     bigint      NOT NULL,  -- in topic `feedback`
    received_at       timestamptz NOT NULL,
    partition         integer     NOT NULL,
    category_key      integer     NOT NULL,  -- of a correction; else 0
    rating            integer     NOT NULL,  -- of a rating; else 0
    kind              text COLLATE "C" NOT NULL CHECK (kind IN ('correction', 'confirmation', 'rating')),
    feedback_id       text COLLATE "C" NOT NULL,
    transaction_id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_key, feedback_hash)
);
CREATE INDEX corrections_of_transaction ON corrections (user_key, transaction_hash) WHERE kind = 'correction';

-- Sums per user. Days and months are UTC of the occurred time; every sum has its currency in the key.
CREATE TABLE day_sums (
    user_key      bigint  NOT NULL,
    day           date    NOT NULL,
    category_key  integer NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    sum_minor     bigint  NOT NULL,
    events        bigint  NOT NULL,
    PRIMARY KEY (user_key, day, category_key, currency)
) WITH (fillfactor = 90);

CREATE TABLE month_sums (
    user_key      bigint  NOT NULL,
    month         date    NOT NULL,  -- its first day
    category_key  integer NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    sum_minor     bigint  NOT NULL,
    events        bigint  NOT NULL,
    PRIMARY KEY (user_key, month, category_key, currency)
) WITH (fillfactor = 70);

-- Sums that no single user owns have the partition in their key, so that no row has two writers; read the view.
CREATE TABLE tenant_hour_sums_by_partition (
    tenant_key    integer     NOT NULL,
    hour          timestamptz NOT NULL,
    category_key  integer     NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    partition     integer     NOT NULL,
    sum_minor     bigint      NOT NULL,
    events        bigint      NOT NULL,
    PRIMARY KEY (tenant_key, hour, category_key, currency, partition)
) WITH (fillfactor = 50);

CREATE VIEW tenant_hour_sums AS
    SELECT tenant_key, hour, category_key, currency, sum(sum_minor)::bigint AS sum_minor, sum(events)::bigint AS events
      FROM tenant_hour_sums_by_partition
     GROUP BY tenant_key, hour, category_key, currency;
