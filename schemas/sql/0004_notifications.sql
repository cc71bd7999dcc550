-- What people are told. Any sink may append to the outbox, in the transaction of what it tells of; senders
-- (consumers/notifier/sender) lease what is due, deliver it, and write down what came of it.

-- Where a tenant's notifications go; disabled when it is of no use any more, not deleted. The one without a tenant is
-- built in and every tenant's: `live`, a publication on Redis for whoever listens at that moment.
CREATE TABLE endpoints (
    endpoint_id      uuid PRIMARY KEY,
    tenant_key       integer REFERENCES tenants,
    channel          text NOT NULL CHECK (channel IN ('webhook', 'live')),
    url              text NOT NULL DEFAULT '',
    secret           text NOT NULL DEFAULT '',      -- Standard Webhooks: whsec_ and base64
    previous_secret  text NOT NULL DEFAULT '',      -- signs too while the receiver changes over
    allow_private    boolean NOT NULL DEFAULT false,  -- may be http, any port, any address: set by the operator alone
    created_at       timestamptz NOT NULL DEFAULT now(),
    disabled_at      timestamptz,                   -- nothing is appended for it, and what is due waits
    disabled_reason  text NOT NULL DEFAULT '',
    CHECK (channel <> 'webhook' OR (url <> '' AND secret <> '' AND tenant_key IS NOT NULL))
);
CREATE INDEX endpoints_of_tenant ON endpoints (tenant_key);
-- uuidv5(DNS namespace, 'live.tributary')
INSERT INTO endpoints (endpoint_id, channel) VALUES ('a317b259-5702-5f4a-98a9-a2a1bea04412', 'live');

-- When the sum of a user's month comes to `limit_minor` he is told, once a month and limit.
CREATE TABLE budgets (
    user_key      bigint  NOT NULL REFERENCES users,
    category_key  integer NOT NULL DEFAULT 0,  -- 0: all categories together
    currency      text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    limit_minor   bigint  NOT NULL CHECK (limit_minor > 0),
    PRIMARY KEY (user_key, category_key, currency)
);

-- One row a (endpoint, kind, subject), under an id made of these three: so a notification has one id for ever, however
-- often its cause is seen and however often it is delivered.
--
--   due    to be delivered at due_at; while a sender is at it, `lease` is set and due_at is when the lease ends
--   sent   delivered
--   dead   given up: refused for good, or the last attempt failed
CREATE TABLE outbox (
    id           uuid        PRIMARY KEY,
    endpoint_id  uuid        NOT NULL,  -- no foreign key: it would lock one row for all writers
    user_key     bigint      NOT NULL,
    tenant_key   integer     NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,  -- begun
    created_at   timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL DEFAULT now(),
    done_at      timestamptz,                     -- sent or dead since
    lease        uuid,
    last_status  integer     NOT NULL DEFAULT 0,  -- HTTP's, of the last attempt; 0: no answer
    state        text COLLATE "C" NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'dead')),
    kind         text COLLATE "C" NOT NULL,
    subject      text COLLATE "C" NOT NULL,       -- begins with the user key
    payload      text NOT NULL CHECK (octet_length(payload) <= 20480)
) WITH (fillfactor = 80);
CREATE INDEX outbox_due ON outbox (endpoint_id, due_at) WHERE state = 'due';

-- One row an attempt, for a while.
CREATE TABLE deliveries (
    outbox_id    uuid        NOT NULL,
    attempt      integer     NOT NULL,
    status       integer     NOT NULL,  -- HTTP's; 0: no answer
    elapsed_ms   integer     NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    outcome      text COLLATE "C" NOT NULL,  -- sent, failed, gone
    detail       text NOT NULL
);
CREATE INDEX deliveries_of_outbox ON deliveries (outbox_id);
CREATE INDEX deliveries_at ON deliveries (at);
