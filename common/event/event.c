#include "common/event/event.h"

#include "common/base/must.h"

_Static_assert((int)EVENT_METADATA_MAX == (int)TRANSACTION_METADATA_MAX, "as in the schema");
_Static_assert((int)EVENT_METADATA_MAX == (int)FEEDBACK_METADATA_MAX, "as in the schema");
_Static_assert((int)EVENT_REASONS_MAX == (int)CLASSIFICATION_REASONS_MAX, "as in the schema");

const char *event_kind_name(enum event_kind kind)
{
    switch (kind) {
    case EVENT_TRANSACTION:
        return "transaction";
    case EVENT_FEEDBACK:
        return "feedback";
    case EVENT_CLASSIFICATION:
        return "classification";
    }
    return "unknown";
}

bool event_tenant_valid(struct slice tenant)
{
    if (tenant.size < 1 || tenant.size > EVENT_TENANT_MAX)
        return false;
    for (size_t i = 0; i < tenant.size; i++) {
        char c = tenant.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

struct slice event_key(struct slice tenant, struct slice user, char *text)
{
    MUST(tenant.size <= EVENT_TENANT_MAX && user.size <= EVENT_ID_MAX);
    memcpy(text, tenant.data, tenant.size);
    text[tenant.size] = ':';
    memcpy(text + tenant.size + 1, user.data, user.size);
    return (struct slice){text, tenant.size + 1 + user.size};
}
