#include "producers/importer/mapping.h"

#include "common/base/buffer.h"
#include "common/base/hash.h"
#include "common/base/must.h"
#include "producers/importer/fields.h"

enum { TEXT_BYTES_MAX = 4096 };

struct entry {
    enum field field;
    struct slice column; /* empty: constant */
    struct slice constant;
    struct slice key; /* of metadata */
    size_t index;     /* of the column, once bound */
    bool bound;
};

struct mapping {
    struct buffer text; /* what the slices point into; never grows after the parsing */
    struct entry entries[MAPPING_ENTRIES_MAX];
    size_t count;
    struct text_pair metadata[EVENT_METADATA_MAX];
    char id[FIELDS_ID_SIZE];
};

/* Part of the text: from one comma to the next. */
struct part {
    struct slice left;
    struct slice right;
    bool constant; /* := rather than = */
};

void mapping_free(struct mapping *mapping)
{
    if (mapping == NULL)
        return;
    buffer_done(&mapping->text);
    free(mapping);
}

/* Copies up to a character of `ends`, which it stops at; backslashes are resolved. */
static struct slice scan(struct mapping *mapping, const char **at, const char *ends)
{
    size_t start = mapping->text.size;

    while (**at != '\0' && strchr(ends, **at) == NULL) {
        if (**at == '\\' && (*at)[1] != '\0')
            ++*at;
        buffer_append_byte(&mapping->text, (uint8_t) * *at);
        ++*at;
    }
    return (struct slice){mapping->text.data + start, mapping->text.size - start};
}

static enum status scan_part(struct mapping *mapping, const char **at, struct part *ret,
                             struct error *error)
{
    ret->left = scan(mapping, at, "=,");
    if (**at != '=')
        return error_set(error, STATUS_REJECT,
                         "map: \"%.*s\" is neither COLUMN=FIELD nor FIELD:=VALUE",
                         (int)(ret->left.size < 60 ? ret->left.size : 60), ret->left.data);
    ret->constant = ret->left.size > 0 && ret->left.data[ret->left.size - 1] == ':';
    ret->left.size -= ret->constant;
    ++*at;
    ret->right = scan(mapping, at, ",");
    if (**at == ',')
        ++*at;
    return STATUS_OK;
}

static const struct entry *find(const struct mapping *mapping, enum field field, struct slice key)
{
    for (size_t i = 0; i < mapping->count; i++)
        if (mapping->entries[i].field == field && slice_equal(mapping->entries[i].key, key))
            return &mapping->entries[i];
    return NULL;
}

static enum status add(struct mapping *mapping, const struct part *part, struct error *error)
{
    struct slice name = part->constant ? part->left : part->right;
    struct entry entry = {.column = part->left};

    if (part->constant)
        entry = (struct entry){.constant = part->right, .bound = true};
    if (!field_find(name, &entry.field, &entry.key))
        return error_set(error, STATUS_REJECT, "map: no field \"%.*s\"; there are " FIELD_NAMES,
                         (int)(name.size < 40 ? name.size : 40), name.data);
    if (!part->constant && part->left.size == 0)
        return error_set(error, STATUS_REJECT, "map: a column without a name");
    if (find(mapping, entry.field, entry.key) != NULL)
        return error_set(error, STATUS_REJECT, "map: the field \"%.*s\" comes twice",
                         (int)(name.size < 40 ? name.size : 40), name.data);
    if (mapping->count == MAPPING_ENTRIES_MAX)
        return error_set(error, STATUS_REJECT, "map: more than %d entries", MAPPING_ENTRIES_MAX);
    mapping->entries[mapping->count++] = entry;
    return STATUS_OK;
}

static enum status parse(struct mapping *mapping, const char *text, struct error *error)
{
    enum status status = STATUS_OK;

    for (const char *at = text; *at != '\0' && status == STATUS_OK;) {
        struct part part;

        status = scan_part(mapping, &at, &part, error);
        if (status == STATUS_OK)
            status = add(mapping, &part, error);
    }
    return status;
}

static enum status require(const struct mapping *mapping, struct error *error)
{
    static const enum field required[] = {FIELD_USER, FIELD_AMOUNT, FIELD_CURRENCY,
                                          FIELD_OCCURRED_AT};
    size_t metadata = 0;

    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (find(mapping, required[i], (struct slice){NULL, 0}) == NULL)
            return error_set(
                error, STATUS_REJECT, "map: nothing for the field \"%s\": COLUMN=%s or %s:=VALUE",
                field_name(required[i]), field_name(required[i]), field_name(required[i]));
    for (size_t i = 0; i < mapping->count; i++)
        metadata += mapping->entries[i].field == FIELD_METADATA;
    if (metadata > EVENT_METADATA_MAX)
        return error_set(error, STATUS_REJECT, "map: more than %d entries of metadata",
                         EVENT_METADATA_MAX);
    return STATUS_OK;
}

enum status mapping_new(struct mapping **ret_mapping, const char *text, const char *label,
                        struct error *error)
{
    OWNED(mapping) mapping = must_alloc(sizeof *mapping);
    enum status status;

    if (strlen(text) + (label == NULL ? 0 : strlen(label)) > TEXT_BYTES_MAX)
        return error_set(error, STATUS_REJECT, "map: longer than %d bytes", TEXT_BYTES_MAX);
    buffer_init(&mapping->text, (size_t)2 * TEXT_BYTES_MAX);
    /* Room for all at once: slices point into it. */
    (void)buffer_extend(&mapping->text, (size_t)2 * TEXT_BYTES_MAX);
    buffer_reset(&mapping->text);
    status = parse(mapping, text, error);
    if (status == STATUS_OK && label != NULL && label[0] != '\0' &&
        find(mapping, FIELD_LABEL, (struct slice){NULL, 0}) == NULL) {
        const char *at = label;
        struct part part = {scan(mapping, &at, ""), SLICE_LITERAL("label"), false};

        status = add(mapping, &part, error);
    }
    if (status == STATUS_OK)
        status = require(mapping, error);
    if (status == STATUS_OK)
        *ret_mapping = TAKE(mapping);
    return status;
}

enum status mapping_bind(struct mapping *mapping, const struct csv_row *header, struct error *error)
{
    for (size_t i = 0; i < mapping->count; i++) {
        struct entry *entry = &mapping->entries[i];

        for (size_t c = 0; c < header->count && !entry->bound; c++) {
            entry->bound = slice_equal(entry->column, header->fields[c]);
            entry->index = c;
        }
        if (!entry->bound && entry->field != FIELD_LABEL)
            return error_set(error, STATUS_REJECT,
                             "the file has no column \"%.*s\"; say which is which with --map",
                             (int)(entry->column.size < 60 ? entry->column.size : 60),
                             entry->column.data);
    }
    return STATUS_OK;
}

static struct slice value_of(const struct entry *entry, const struct csv_row *row)
{
    if (entry->column.size == 0)
        return entry->constant;
    if (!entry->bound || entry->index >= row->count)
        return (struct slice){"", 0};
    return row->fields[entry->index];
}

uint64_t mapping_hash(uint64_t file, const struct csv_row *row)
{
    uint64_t hash = file;

    for (size_t i = 0; i < row->count; i++) {
        hash = hash_fnv1a(hash, row->fields[i]);
        hash = hash_fnv1a(hash, (struct slice){"", 1}); /* a|bc is not ab|c */
    }
    return hash;
}

bool mapping_apply(struct mapping *mapping, const struct csv_row *row, uint64_t file,
                   int64_t now_us, struct feeder_event *ret_event, struct event_fault *ret_fault)
{
    struct fields fields = {.amount = {"", 0}};
    struct transaction *transaction = &ret_event->transaction;

    *ret_event = (struct feeder_event){.kind = EVENT_TRANSACTION,
                                       .place = {row->line, mapping_hash(file, row)}};
    *transaction = (struct transaction){
        .tenant = SLICE_LITERAL("file"), .received_at = now_us, .metadata = mapping->metadata};
    for (size_t i = 0; i < mapping->count; i++) {
        const struct entry *entry = &mapping->entries[i];
        struct slice value = value_of(entry, row);

        if (entry->field == FIELD_METADATA && value.size > 0)
            mapping->metadata[transaction->metadata_count++] =
                (struct text_pair){entry->key, value};
        else if (entry->field == FIELD_LABEL)
            ret_event->label = value;
        else
            field_set(&fields, transaction, entry->field, value);
    }
    if (transaction->id.size == 0)
        transaction->id = fields_id(hash_fnv1a(ret_event->place.check, transaction->account),
                                    row->line, mapping->id);
    return fields_finish(&fields, transaction, ret_fault) &&
           event_check_transaction(transaction, ret_fault);
}
