/* common/codec: bytes that are no event (each with its code), older schemas, block forms, ids. */
#include "common/codec/codec.h"
#include "common/codec/writer.h"
#include "tests/support/suite/suite.h"

enum { OLD_TRANSACTION = 191255732 };

struct setting {
    struct arena *arena;
    struct buffer bytes;
    struct error error;
};

static void begin(struct setting *setting)
{
    *setting = (struct setting){.arena = arena_new(CODEC_DECODE_ARENA_BYTES)};
    buffer_init(&setting->bytes, 1 << 20);
}

static void end(struct setting *setting)
{
    arena_free(setting->arena);
    buffer_done(&setting->bytes);
}

static void put_prefix(struct buffer *out, uint32_t id)
{
    buffer_reset(out);
    buffer_append_byte(out, 0);
    for (int shift = 24; shift >= 0; shift -= 8)
        buffer_append_byte(out, (uint8_t)(id >> shift));
}

static void put_long(struct buffer *out, int64_t number)
{
    char bytes[CODEC_NUMBER_MAX];

    buffer_append(out, bytes, (size_t)(codec_put_long(bytes, number) - bytes));
}

static void put_text(struct buffer *out, const char *text)
{
    put_long(out, (int64_t)strlen(text));
    buffer_append_text(out, text);
}

static enum status decode(struct setting *setting, struct transaction *ret)
{
    arena_reset(setting->arena);
    error_clear(&setting->error);
    return codec_decode_transaction(buffer_slice(&setting->bytes), setting->arena, ret,
                                    &setting->error);
}

/* One field's bytes instead of good ones. */
struct piece {
    const char *field;
    const char *bytes;
    size_t size;
    const char *code; /* "" when it is good, too */
};

/* A literal may hold NULs. */
#define PIECE(field, bytes, code)                                                                  \
    {                                                                                              \
        field, bytes, sizeof(bytes) - 1, code                                                      \
    }

static bool put_piece(struct buffer *out, const struct piece *piece, const char *field)
{
    if (piece == NULL || strcmp(piece->field, field) != 0)
        return false;
    buffer_append(out, piece->bytes, piece->size);
    return true;
}

static void put_transaction(struct buffer *out, const struct piece *piece)
{
    static const char *const texts[] = {"tenant", "id", "user", "account"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!put_piece(out, piece, texts[i]))
            put_text(out, texts[i]);
    if (!put_piece(out, piece, "amount_minor"))
        put_long(out, -1234);
    if (!put_piece(out, piece, "currency"))
        put_text(out, "EUR");
    if (!put_piece(out, piece, "description"))
        put_text(out, "");
    if (!put_piece(out, piece, "merchant"))
        put_text(out, "caf\xc3\xa9");
    if (!put_piece(out, piece, "mcc"))
        put_long(out, 5411);
    put_long(out, 1);
    put_long(out, INT64_MAX);
    if (!put_piece(out, piece, "metadata"))
        put_long(out, 0);
    put_piece(out, piece, "end");
}

static const struct piece pieces[] = {
    PIECE("tenant", "\x80\x80\x80\x80\x08", "bad_length"),                     /* 2^30 */
    PIECE("tenant", "\x01", "bad_length"),                                     /* -1 */
    PIECE("tenant", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bad_length"), /* max */
    PIECE("tenant", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bad_length"), /* min */
    PIECE("tenant", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "bad_varint"), /* 65 bits */
    PIECE("tenant", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bad_varint"),
    PIECE("tenant", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", "bad_varint"),
    PIECE("tenant", "\x80\x00", ""), /* longer than it needs to be */
    PIECE("id", "\x04\xc3\x28", "bad_utf8"),
    PIECE("id", "\x04\xc0\x80", "bad_utf8"),
    PIECE("id", "\x06\xed\xa0\x80", "bad_utf8"),
    PIECE("id", "\x02\xff", "bad_utf8"),
    PIECE("id", "\x06\x61\x00\x62", "embedded_nul"),
    PIECE("id", "\x14\x61\x62\x63\x00\x65\x66\x67\x68\x69\x6a", "embedded_nul"),
    PIECE("id", "\x14\x61\x62\x63\x64\x65\x66\x67\x68\x69\x00", "embedded_nul"),
    PIECE("mcc", "\xfe\xff\xff\xff\x0f", ""),          /* 2^31 - 1 */
    PIECE("mcc", "\xff\xff\xff\xff\x0f", ""),          /* -2^31 */
    PIECE("mcc", "\x80\x80\x80\x80\x10", "int_range"), /* 2^31 */
    PIECE("mcc", "\x81\x80\x80\x80\x10", "int_range"), /* -2^31 - 1 */
    PIECE("metadata", "", "truncated"),
    PIECE("metadata", "\x02\x02k\x02v\x00", ""),
    PIECE("metadata", "\x02\x02k\x02v\x02\x02l\x02w\x00", ""), /* two blocks */
    PIECE("metadata", "\x01\x08\x02k\x02v\x00", ""),           /* with its size */
    PIECE("metadata", "\x01\x08\x02k\x02v\x03\x10\x02l\x02w\x02m\x02x\x00", ""),
    PIECE("metadata", "\x01\x06\x02k\x02v\x00", "bad_length"), /* a wrong size */
    PIECE("metadata", "\x01\x0a\x02k\x02v\x00", "bad_length"),
    PIECE("metadata", "\x01\x01\x02k\x02v\x00", "bad_length"), /* a negative one */
    PIECE("metadata", "\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02k\x02v\x00", "bad_length"),
    PIECE("metadata", "\x02\x02k\x02v", "truncated"),
    PIECE("metadata", "\x02\x02k\x04v\x00\x00", "embedded_nul"),
    PIECE("metadata", "\x02\x02\xff\x02v\x00", "bad_utf8"),
    PIECE("metadata", "\x42", "too_many_items"),               /* 33 */
    PIECE("metadata", "\x41", "too_many_items"),               /* -33 */
    PIECE("metadata", "\x02\x02k\x02v\x40", "too_many_items"), /* 1 + 32 */
    PIECE("metadata", "\x80\x80\x80\x10", "too_many_items"),   /* 16 M in four bytes */
    PIECE("metadata", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "too_many_items"), /* min */
    PIECE("metadata", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "too_many_items"), /* max */
    PIECE("end", "\x00", "trailing_bytes"),
    PIECE("end", "more", "trailing_bytes"),
};

static bool is_listed(const char *code)
{
    for (const char *const *known = codec_reasons; *known != NULL; known++)
        if (strcmp(*known, code) == 0)
            return true;
    return false;
}

START_TEST(bad_bytes_have_their_code)
{
    struct setting setting;

    begin(&setting);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct transaction event = {.mcc = -77};
        enum status status;

        put_prefix(&setting.bytes, codec_schema_id(EVENT_TRANSACTION));
        put_transaction(&setting.bytes, &pieces[i]);
        status = decode(&setting, &event);
        ck_assert_msg(strcmp(setting.error.code, pieces[i].code) == 0, "%zu: %s, not %s", i,
                      setting.error.text, pieces[i].code);
        if (pieces[i].code[0] == '\0') {
            ck_assert_int_eq(status, STATUS_OK);
            continue;
        }
        ck_assert_int_eq(status, STATUS_REJECT);
        ck_assert(is_listed(setting.error.code));
        ck_assert_int_eq(event.mcc, -77); /* untouched */
    }
    end(&setting);
}
END_TEST

START_TEST(blocks_add_up)
{
    static const struct piece blocks =
        PIECE("metadata", "\x02\x02k\x02v\x03\x10\x02l\x02w\x02m\x02x\x00", "");
    static const char *const keys[] = {"k", "l", "m"}, *const values[] = {"v", "w", "x"};
    struct transaction event;
    struct setting setting;

    begin(&setting);
    put_prefix(&setting.bytes, codec_schema_id(EVENT_TRANSACTION));
    put_transaction(&setting.bytes, &blocks);
    ck_assert_int_eq(decode(&setting, &event), STATUS_OK);
    ck_assert_uint_eq(event.metadata_count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(slice_equal(event.metadata[i].key, slice_of(keys[i])));
        ck_assert(slice_equal(event.metadata[i].value, slice_of(values[i])));
    }
    end(&setting);
}
END_TEST

/* As many blocks as items, or all but one in the first: what a reader makes anew for each block
 * stays within the bound. */
START_TEST(blocks_stay_within_the_arena)
{
    for (int64_t first = 1; first < 32; first += 30) {
        struct transaction event;
        struct setting setting;

        begin(&setting);
        put_prefix(&setting.bytes, codec_schema_id(EVENT_TRANSACTION));
        put_transaction(&setting.bytes, NULL);
        setting.bytes.size--; /* no metadata */
        for (int64_t done = 0, block = first; done < 32; done += block, block = 1) {
            put_long(&setting.bytes, block);
            for (int64_t i = 0; i < 2 * block; i++)
                put_text(&setting.bytes, "kv");
        }
        put_long(&setting.bytes, 0);
        ck_assert_msg(decode(&setting, &event) == STATUS_OK, "%s", setting.error.text);
        ck_assert_uint_eq(event.metadata_count, 32);
        end(&setting);
    }
}
END_TEST

START_TEST(an_error_names_field_and_place)
{
    static const struct piece bad = PIECE("id", "\x02\xff", "bad_utf8");
    struct transaction event;
    struct setting setting;

    begin(&setting);
    put_prefix(&setting.bytes, codec_schema_id(EVENT_TRANSACTION));
    put_transaction(&setting.bytes, &bad);
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(setting.error.text, "transaction.id: bad_utf8 at byte 14 of "));
    end(&setting);
}
END_TEST

START_TEST(the_prefix_is_checked)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *code;
    } cases[] = {
        {NULL, 0, "empty"},
        {"", 0, "empty"},
        {"\x01\x00\x00\x00\x01", 5, "bad_magic"},
        {"{\"id\":1}", 8, "bad_magic"},
        {"\x00\x00\x00", 3, "truncated"},
        {"\x00\x00\x00\x00\x00", 5, "unknown_schema"},
        {"\x00\x00\x00\x00\x01xyz", 8, "unknown_schema"},
        {"\x00\xff\xff\xff\xff", 5, "unknown_schema"},
    };
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        struct feedback event;

        ck_assert_int_eq(codec_decode_feedback((struct slice){cases[i].bytes, cases[i].size}, arena,
                                               &event, &error),
                         STATUS_REJECT);
        ck_assert_str_eq(error.code, cases[i].code);
        ck_assert(is_listed(error.code));
    }
    arena_free(arena);
}
END_TEST

START_TEST(another_kinds_schema_is_wrong)
{
    struct transaction event;
    struct setting setting;

    begin(&setting);
    put_prefix(&setting.bytes, codec_schema_id(EVENT_FEEDBACK));
    put_transaction(&setting.bytes, NULL);
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_str_eq(setting.error.code, "wrong_schema");
    end(&setting);
}
END_TEST

/* outcome, the transaction's branch, decided_by and the number of reasons, given as bytes. */
static const char *classification_verdict(struct setting *setting, int64_t outcome, int64_t branch,
                                          int64_t decider, int64_t reasons)
{
    struct buffer *out = &setting->bytes;
    struct classification event;

    put_prefix(out, codec_schema_id(EVENT_CLASSIFICATION));
    put_long(out, 1);
    put_long(out, 2);
    put_long(out, outcome);
    put_long(out, branch);
    put_text(out, "");
    buffer_append(out, "\0\0\0\0", 4);
    put_long(out, decider);
    put_text(out, "");
    if (reasons > 0)
        put_long(out, reasons);
    for (int64_t i = 0; i < reasons; i++) {
        put_long(out, i % 5);
        put_text(out, "c");
        buffer_append(out, "\0\0\0\0", 4);
        put_long(out, 1);
    }
    put_long(out, 0);
    put_long(out, 0);
    put_long(out, 0);
    arena_reset(setting->arena);
    error_clear(&setting->error);
    if (codec_decode_classification(buffer_slice(out), setting->arena, &event, &setting->error) ==
        STATUS_OK)
        return "";
    return setting->error.code;
}

START_TEST(enums_unions_and_arrays_have_ranges)
{
    struct setting setting;

    begin(&setting);
    ck_assert_str_eq(classification_verdict(&setting, 2, 0, 4, 0), "");
    ck_assert_str_eq(classification_verdict(&setting, 2, 0, 4, 8), "");
    ck_assert_str_eq(classification_verdict(&setting, 2, 0, 4, 9), "too_many_items");
    ck_assert_str_eq(classification_verdict(&setting, 3, 0, 4, 0), "enum_range");
    ck_assert_str_eq(classification_verdict(&setting, -1, 0, 4, 0), "enum_range");
    ck_assert_str_eq(classification_verdict(&setting, INT64_MAX, 0, 4, 0), "enum_range");
    ck_assert_str_eq(classification_verdict(&setting, 2, 0, 5, 0), "enum_range");
    ck_assert_str_eq(classification_verdict(&setting, 2, 2, 4, 0), "union_range");
    ck_assert_str_eq(classification_verdict(&setting, 2, 7, 4, 0), "union_range");
    ck_assert_str_eq(classification_verdict(&setting, 2, -1, 4, 0), "union_range");
    end(&setting);
}
END_TEST

static void put_old_transaction(struct buffer *out, const char *channel, int64_t amount)
{
    put_prefix(out, OLD_TRANSACTION);
    put_text(out, "acme");
    put_text(out, "t-1");
    put_text(out, "u-1");
    put_text(out, "account");
    put_long(out, amount);
    put_text(out, "EUR");
    put_text(out, "description");
    put_text(out, "payee");
    put_text(out, channel);
    put_long(out, 1000);
    put_long(out, 2000);
}

START_TEST(an_older_schema_is_resolved)
{
    struct transaction event = {.mcc = 7, .metadata_count = 7};
    struct setting setting;

    begin(&setting);
    put_old_transaction(&setting.bytes, "pos", -1234);
    ck_assert_int_eq(decode(&setting, &event), STATUS_OK);
    ck_assert(slice_equal(event.id, SLICE_LITERAL("t-1")));
    ck_assert_int_eq(event.amount_minor, -1234);                    /* int read as long */
    ck_assert(slice_equal(event.merchant, SLICE_LITERAL("payee"))); /* by its alias */
    ck_assert_int_eq(event.occurred_at, 1000);                      /* behind a dropped field */
    ck_assert_int_eq(event.received_at, 2000);
    ck_assert_int_eq(event.mcc, 0); /* from its default */
    ck_assert_uint_eq(event.metadata_count, 0);
    ck_assert_ptr_null(event.metadata);
    end(&setting);
}
END_TEST

START_TEST(an_older_schema_is_checked_as_well)
{
    struct transaction event;
    struct setting setting;

    begin(&setting);
    put_old_transaction(&setting.bytes, "p\xff", 1);
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_str_eq(setting.error.code, "bad_utf8");
    put_old_transaction(&setting.bytes, "pos", INT64_C(1) << 31);
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_str_eq(setting.error.code, "int_range");
    put_old_transaction(&setting.bytes, "pos", 1);
    buffer_append_byte(&setting.bytes, 0);
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_str_eq(setting.error.code, "trailing_bytes");
    setting.bytes.size -= 2;
    ck_assert_int_eq(decode(&setting, &event), STATUS_REJECT);
    ck_assert_str_eq(setting.error.code, "truncated");
    end(&setting);
}
END_TEST

START_TEST(a_small_arena_is_not_the_records_fault)
{
    static const struct piece pairs = PIECE("metadata", "\x02\x02k\x02v\x00", "");
    struct transaction event;
    struct setting setting;

    begin(&setting);
    arena_free(setting.arena);
    setting.arena = arena_new(8);
    put_prefix(&setting.bytes, codec_schema_id(EVENT_TRANSACTION));
    put_transaction(&setting.bytes, &pairs);
    ck_assert_int_eq(decode(&setting, &event), STATUS_FATAL);
    ck_assert_str_eq(setting.error.code, "arena_full");
    end(&setting);
}
END_TEST

/* The most that the limits let a record ask for. */
START_TEST(the_largest_record_fits_its_arena)
{
    struct text_pair pairs[EVENT_METADATA_MAX];
    struct reason reasons[EVENT_REASONS_MAX];
    struct transaction transaction = {.metadata = pairs, .metadata_count = EVENT_METADATA_MAX};
    struct reject reject = {.reason = SLICE_LITERAL("x")};
    struct classification event = {.transaction = &transaction,
                                   .reject = &reject,
                                   .reasons = reasons,
                                   .reasons_count = EVENT_REASONS_MAX};
    struct classification back;
    struct setting setting;

    memset(pairs, 0, sizeof pairs);
    memset(reasons, 0, sizeof reasons);
    begin(&setting);
    codec_encode_classification(&event, &setting.bytes);
    ck_assert_int_eq(codec_decode_classification(buffer_slice(&setting.bytes), setting.arena, &back,
                                                 &setting.error),
                     STATUS_OK);
    ck_assert_uint_eq(back.transaction->metadata_count, EVENT_METADATA_MAX);
    end(&setting);
}
END_TEST

START_TEST(a_small_buffer_overflows)
{
    struct feedback event = {.id = SLICE_LITERAL("f-1")};
    struct buffer small;

    buffer_init(&small, 20);
    codec_encode_feedback(&event, &small);
    ck_assert(small.overflow);
    ck_assert_uint_eq(small.size, 0);
    buffer_done(&small);
}
END_TEST

START_TEST(ids_never_change)
{
    /* Stored in every record: a new number here is a new schema, and the old one must go to
     * schemas/versions. */
    ck_assert_uint_eq(codec_schema_id(EVENT_TRANSACTION), 41087175);
    ck_assert_uint_eq(codec_schema_id(EVENT_FEEDBACK), 1619975927);
    ck_assert_uint_eq(codec_schema_id(EVENT_CLASSIFICATION), 208276020);
    ck_assert_ptr_nonnull(codec_schema_json_of_id(OLD_TRANSACTION));
    ck_assert_ptr_eq(codec_schema_json_of_id(codec_schema_id(EVENT_FEEDBACK)),
                     codec_schema_json(EVENT_FEEDBACK));
    ck_assert_ptr_null(codec_schema_json_of_id(0));
    ck_assert_ptr_null(codec_schema_json_of_id(17));
    /* Self-contained: the transaction's definition is inside. */
    ck_assert_ptr_nonnull(strstr(codec_schema_json(EVENT_CLASSIFICATION), "\"payee\""));
}
END_TEST

SUITE_MAIN("codec", bad_bytes_have_their_code, blocks_add_up, blocks_stay_within_the_arena,
           an_error_names_field_and_place, the_prefix_is_checked, another_kinds_schema_is_wrong,
           enums_unions_and_arrays_have_ranges, an_older_schema_is_resolved,
           an_older_schema_is_checked_as_well, a_small_arena_is_not_the_records_fault,
           the_largest_record_fits_its_arena, a_small_buffer_overflows, ids_never_change);
