-- What users taught the engine. Written by the learner alone, read by classifiers.

-- What was shown to the user: the answer to a transaction, and what the engine saw of it. Immutable.
CREATE TABLE shown (
    user_key       bigint      NOT NULL,
    id_hash        bigint      NOT NULL,
    source_offset  bigint      NOT NULL,  -- in topic `transactions`
    amount_minor   bigint      NOT NULL,
    occurred_at    timestamptz NOT NULL,
    partition      integer     NOT NULL,
    mcc            integer     NOT NULL,
    confidence     real        NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    category       text COLLATE "C" NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    merchant       text COLLATE "C" NOT NULL,
    description    text COLLATE "C" NOT NULL,  -- only where there is no merchant: the engine looks no further
    PRIMARY KEY (user_key, id_hash)
);

-- What the user said, parked until what was shown is there too.
CREATE TABLE lessons (
    user_key          bigint  NOT NULL,
    feedback_hash     bigint  NOT NULL,
    transaction_hash  bigint  NOT NULL,
    source_offset     bigint  NOT NULL,  -- in topic `feedback`
    partition         integer NOT NULL,
    rating            integer NOT NULL,
    learnt            boolean NOT NULL DEFAULT false,
    kind              text COLLATE "C" NOT NULL CHECK (kind IN ('correction', 'confirmation', 'rating')),
    category          text COLLATE "C" NOT NULL,
    feedback_id       text COLLATE "C" NOT NULL,
    transaction_id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_key, feedback_hash)
) WITH (fillfactor = 80);
CREATE INDEX lessons_parked ON lessons (user_key, transaction_hash) WHERE NOT learnt;

-- Each change of a weight takes the next number of its partition, in its transaction. `published`: up to here caches
-- have been told.
CREATE TABLE weight_counters (
    partition  integer PRIMARY KEY,
    last       bigint  NOT NULL DEFAULT 0,
    published  bigint  NOT NULL DEFAULT 0 CHECK (published <= last)
) WITH (fillfactor = 20);

CREATE TABLE weights (
    user_key   bigint  PRIMARY KEY,
    partition  integer NOT NULL,
    number     bigint  NOT NULL,  -- of its last change
    state      bytea   NOT NULL   -- common/engine/user.h
) WITH (fillfactor = 70);

-- One row a change: the audit, and under its number the changelog that classifiers read. Its order is the truth: a
-- replay by number gives the same states.
CREATE TABLE weight_audit (
    partition         integer NOT NULL,
    number            bigint  NOT NULL,
    user_key          bigint  NOT NULL,
    transaction_hash  bigint  NOT NULL,
    feedback_hash     bigint  NOT NULL,
    source_offset     bigint  NOT NULL,  -- of the feedback
    add_before        integer NOT NULL,  -- units of the engine, for this user and merchant
    add_after         integer NOT NULL,
    take_before       integer NOT NULL,
    take_after        integer NOT NULL,
    learnt_at         timestamptz NOT NULL,
    PRIMARY KEY (partition, number),
    UNIQUE (user_key, feedback_hash)
);

-- What all users of a tenant filed, by the engine's subjects (common/engine/counts.h). The partition is in the key, so
-- that no row has two writers; readers add them up.
CREATE TABLE merchant_counts (
    tenant_key  integer NOT NULL,
    subject     bigint  NOT NULL,
    category    text COLLATE "C" NOT NULL,
    partition   integer NOT NULL,
    units       bigint  NOT NULL,
    number      bigint  NOT NULL,  -- of the partition's last change to it
    PRIMARY KEY (tenant_key, subject, category, partition)
) WITH (fillfactor = 70);
CREATE INDEX merchant_counts_changes ON merchant_counts (partition, number);
