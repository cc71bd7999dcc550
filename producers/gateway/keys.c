#include "producers/gateway/keys.h"

#include "common/base/must.h"
#include "common/crypto/digest.h"
#include "common/crypto/secret.h"
#include "common/event/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEME "Bearer "

struct key {
    char id[KEYS_ID_MAX];
    size_t id_size;
    struct crypto_sha256 digest;
    char tenant[EVENT_TENANT_MAX];
    size_t tenant_size;
};

struct keys {
    atomic_uint owners;
    struct key *keys; /* sorted by id */
    size_t count;
};

static int compare_ids(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *one = a, *other = b;

    return compare_ids(one->id, one->id_size, other->id, other->id_size);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next field of a line; empty at its end. */
static struct slice next_field(struct slice *line)
{
    struct slice field;

    while (line->size > 0 && is_blank(line->data[0])) {
        line->data++;
        line->size--;
    }
    field = (struct slice){line->data, 0};
    while (field.size < line->size && !is_blank(line->data[field.size]))
        field.size++;
    line->data += field.size;
    line->size -= field.size;
    return field;
}

static bool id_valid(struct slice id)
{
    if (id.size == 0 || id.size > KEYS_ID_MAX)
        return false;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_parse(struct slice text, struct crypto_sha256 *ret)
{
    if (text.size != 2 * sizeof ret->bytes)
        return false;
    for (size_t i = 0; i < sizeof ret->bytes; i++) {
        int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* NULL, or what is wrong with the line. */
static const char *line_parse(struct slice line, struct key *ret)
{
    struct slice id = next_field(&line), digest = next_field(&line), tenant = next_field(&line);

    if (!id_valid(id))
        return "the first field must be a key-id of letters, digits, _ and -, at most 64";
    if (!digest_parse(digest, &ret->digest))
        return "the second field must be a SHA-256 in 64 hex digits";
    if (!event_tenant_valid(tenant))
        return "the third field must be a tenant: [a-z0-9_-]{1,32}";
    memcpy(ret->id, id.data, id.size);
    ret->id_size = id.size;
    memcpy(ret->tenant, tenant.data, tenant.size);
    ret->tenant_size = tenant.size;
    return NULL;
}

static enum status parse_lines(struct keys *keys, struct slice text, struct error *error)
{
    size_t number = 0;

    for (size_t at = 0; at < text.size;) {
        const char *start = text.data + at, *end = memchr(start, '\n', text.size - at);
        struct slice line = {start, end == NULL ? text.size - at : (size_t)(end - start)};
        struct slice rest = line, first = next_field(&rest);
        const char *fault;

        at += line.size + 1;
        number++;
        if (first.size == 0 || first.data[0] == '#')
            continue;
        keys->keys = must_realloc(keys->keys, (keys->count + 1) * sizeof *keys->keys);
        fault = line_parse(line, &keys->keys[keys->count]);
        if (fault != NULL)
            return error_set(error, STATUS_REJECT, "API keys, line %zu: %s", number, fault);
        keys->count++;
    }
    return STATUS_OK;
}

static enum status sort_keys(struct keys *keys, struct error *error)
{
    if (keys->count > 0)
        qsort(keys->keys, keys->count, sizeof *keys->keys, compare_keys);
    for (size_t i = 1; i < keys->count; i++)
        if (compare_keys(&keys->keys[i - 1], &keys->keys[i]) == 0)
            return error_set(error, STATUS_REJECT, "API keys: the key-id %.*s is there twice",
                             (int)keys->keys[i].id_size, keys->keys[i].id);
    return STATUS_OK;
}

enum status keys_parse(struct keys **ret_keys, struct slice text, struct error *error)
{
    OWNED(keys) keys = must_alloc(sizeof *keys);
    enum status status;

    atomic_init(&keys->owners, 1);
    if ((status = parse_lines(keys, text, error)) != STATUS_OK ||
        (status = sort_keys(keys, error)) != STATUS_OK)
        return status;
    *ret_keys = TAKE(keys);
    return STATUS_OK;
}

static enum status check_file(int fd, const char *path, size_t *ret_size, bool *ret_readable,
                              struct error *error)
{
    struct stat found;

    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
        return error_set(error, STATUS_REJECT, "%s: not a plain file", path);
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(error, STATUS_REJECT,
                         "%s: others may write it, and so make keys: chmod go-w", path);
    if (found.st_size > KEYS_FILE_BYTES_MAX)
        return error_set(error, STATUS_REJECT, "%s: more than %d bytes", path, KEYS_FILE_BYTES_MAX);
    *ret_size = (size_t)found.st_size;
    *ret_readable = (found.st_mode & S_IROTH) != 0;
    return STATUS_OK;
}

static enum status read_and_parse(struct keys **ret_keys, int fd, size_t size, const char *path,
                                  struct error *error)
{
    char *text = must_alloc(size + 1);
    ssize_t got = 0;
    size_t total = 0;
    enum status status;

    while (total < size && (got = read(fd, text + total, size - total)) > 0)
        total += (size_t)got;
    if (got < 0)
        status =
            error_set(error, STATUS_REJECT, "cannot read %s: %s", path, strerrordesc_np(errno));
    else
        status = keys_parse(ret_keys, (struct slice){text, total}, error);
    free(text);
    return status;
}

enum status keys_load(struct keys **ret_keys, const char *path, bool *ret_readable,
                      struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    enum status status;

    if (fd < 0)
        return error_set(error, STATUS_REJECT, "cannot open %s: %s", path, strerrordesc_np(errno));
    status = check_file(fd, path, &size, ret_readable, error);
    if (status == STATUS_OK)
        status = read_and_parse(ret_keys, fd, size, path, error);
    close(fd);
    return status;
}

struct keys *keys_share(struct keys *keys)
{
    atomic_fetch_add(&keys->owners, 1);
    return keys;
}

void keys_free(struct keys *keys)
{
    if (keys == NULL || atomic_fetch_sub(&keys->owners, 1) > 1)
        return;
    free(keys->keys);
    free(keys);
}

size_t keys_count(const struct keys *keys)
{
    return keys->count;
}

static const struct key *find(const struct keys *keys, struct slice id)
{
    size_t low = 0, high = keys->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct key *key = &keys->keys[middle];
        int order = compare_ids(key->id, key->id_size, id.data, id.size);

        if (order == 0)
            return key;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Cuts off "Bearer " and parts the rest at its first dot. */
static bool split(struct slice value, struct slice *ret_id, struct slice *ret_secret)
{
    const size_t scheme = sizeof SCHEME - 1;
    const char *dot;

    if (value.size > KEYS_CREDENTIAL_MAX || value.size <= scheme ||
        strncasecmp(value.data, SCHEME, scheme) != 0)
        return false;
    value.data += scheme;
    value.size -= scheme;
    dot = memchr(value.data, '.', value.size);
    if (dot == NULL)
        return false;
    *ret_id = (struct slice){value.data, (size_t)(dot - value.data)};
    *ret_secret = (struct slice){dot + 1, value.size - ret_id->size - 1};
    return id_valid(*ret_id) && ret_secret->size > 0;
}

bool keys_find(const struct keys *keys, struct slice authorization, struct slice *ret_tenant)
{
    static const struct key nobody = {.id_size = 0};
    struct slice id, secret = SLICE_LITERAL("0123456789abcdef0123456789abcdef");
    const struct key *key = NULL;
    struct crypto_sha256 digest;
    bool same;

    if (split(authorization, &id, &secret))
        key = find(keys, id);
    if (key == NULL)
        key = &nobody;
    /* The same work whoever it is. */
    digest = crypto_sha256(secret);
    same = crypto_equal((struct slice){(const char *)digest.bytes, sizeof digest.bytes},
                        (struct slice){(const char *)key->digest.bytes, sizeof key->digest.bytes});
    if (!same || key == &nobody)
        return false;
    *ret_tenant = (struct slice){key->tenant, key->tenant_size};
    return true;
}
