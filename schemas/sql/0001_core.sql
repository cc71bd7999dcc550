-- What every group shares: the installation's constants, the offset rows with their books, the guard, dead letters,
-- and the small integers that stand for tenants, users and categories.
--
-- Only `tributary migrate` runs these files, in order, under an advisory lock; workers check the version.

CREATE TABLE meta (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    schema_version  integer NOT NULL,
    -- Of this installation, made once by `tributary init` and the same in every shard.
    siphash_key     bytea CHECK (octet_length(siphash_key) = 16),
    partitions      integer CHECK (partitions > 0)
);
INSERT INTO meta (schema_version) VALUES (0);

-- One row a (group, source topic, partition): where the group stands in the log, who owns it, and its books.
--
--   next         the next offset of `topic` itself to read
--   next_source  behind the classifier: the next offset of `transactions` to apply; else null
--   position     next_source where there is one, else next: the books are kept in its coordinates
--   epoch        raised by whoever takes the partition; every guard names it
--
-- position - base = applied + duplicate + rejected + gap, at any moment and after any crash.
CREATE TABLE source_offsets (
    consumer_group  text    NOT NULL,
    topic           text    NOT NULL,
    partition       integer NOT NULL,
    base            bigint  NOT NULL,
    next            bigint  NOT NULL,
    next_source     bigint,
    epoch           bigint  NOT NULL DEFAULT 0,
    applied         bigint  NOT NULL DEFAULT 0,
    duplicate       bigint  NOT NULL DEFAULT 0,
    rejected        bigint  NOT NULL DEFAULT 0,
    gap             bigint  NOT NULL DEFAULT 0,
    position        bigint  GENERATED ALWAYS AS (coalesce(next_source, next)) STORED,
    unaccounted     bigint  GENERATED ALWAYS AS
        (coalesce(next_source, next) - base - applied - duplicate - rejected - gap) STORED,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 20);  -- updated by every batch: room for updates in place

-- The guard: the first statement of every sink transaction, alone. Moves each offset row from what the worker believes
-- to what this batch makes of it, and raises TR001 (lost) unless exactly that row is there under our epoch. It must
-- raise: in a pipeline an UPDATE that matches nothing lets the statements behind it commit.
-- The arrays come in (topic, partition) order, so two guards never wait for each other in a circle.
CREATE FUNCTION guard_offsets(
    of_group text, topics text[], partitions integer[], epochs bigint[],
    from_next bigint[], to_next bigint[], to_next_source bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moved integer;
BEGIN
    FOR i IN 1 .. array_length(topics, 1) LOOP
        UPDATE source_offsets
           SET next = to_next[i], next_source = to_next_source[i]
         WHERE consumer_group = of_group AND topic = topics[i] AND partition = partitions[i]
           AND next = from_next[i] AND epoch = epochs[i];
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> 1 THEN
            RAISE EXCEPTION 'group % lost % partition % (expected offset % under epoch %)',
                of_group, topics[i], partitions[i], from_next[i], epochs[i] USING ERRCODE = 'TR001';
        END IF;
    END LOOP;
END $$;

-- What cannot be applied, in source coordinates, with its bytes; written in the transaction that counts it as rejected.
CREATE TABLE dead_letters (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_group  text        NOT NULL,
    topic           text        NOT NULL,
    partition       integer     NOT NULL,
    record_offset   bigint      NOT NULL,
    reason          text        NOT NULL,  -- a code of docs/events.md, or a SQLSTATE
    detail          text        NOT NULL,
    key             bytea       NOT NULL,
    value           bytea       NOT NULL CHECK (octet_length(value) <= 65536),
    value_bytes     integer     NOT NULL,  -- before it was cut to 64 KiB
    appended_at     timestamptz NOT NULL,  -- by the broker
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (consumer_group, topic, partition, record_offset)
);

-- Surrogate keys. They are made in autocommit before the batch that needs them, in key order; a row here is never
-- deleted while anything refers to it. Ids of a shard are congruent to its number modulo 256, so they carry it.
CREATE TABLE tenants (
    tenant_key  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text NOT NULL UNIQUE
);

CREATE SEQUENCE user_keys AS bigint INCREMENT BY 256 START WITH 256 MINVALUE 0;
CREATE TABLE users (
    user_key    bigint  NOT NULL DEFAULT nextval('user_keys') PRIMARY KEY,
    tenant_key  integer NOT NULL REFERENCES tenants,
    user_id     text    NOT NULL,
    UNIQUE (tenant_key, user_id)
);
ALTER SEQUENCE user_keys OWNED BY users.user_key;

-- A tenant's categories, at most 256 (category_limit is enforced by the statement that adds one).
CREATE TABLE categories (
    category_key  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_key    integer NOT NULL REFERENCES tenants,
    category      text    NOT NULL CHECK (octet_length(category) <= 64),
    UNIQUE (tenant_key, category)
);
