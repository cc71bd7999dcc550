/* Postgres' protocol 3.0: the first message of a client is a length and a code, all others are a
 * type, a length that counts itself, a body (its manual, "Message Formats"). */
#include "tests/support/proxy/proxy_protocol.h"

#include <ctype.h>
#include <endian.h>
#include <strings.h>

enum { START_HEADER = 8, HEADER = 5, SSL_REQUEST = 80877103, GSSENC_REQUEST = 80877104 };

static const char commit_word[] = "COMMIT";

static uint32_t at32(struct slice bytes, size_t offset)
{
    uint32_t big;

    memcpy(&big, bytes.data + offset, sizeof big);
    return be32toh(big);
}

size_t proxy_postgres_size(const struct proxy_postgres *postgres, enum proxy_direction direction,
                           struct slice bytes)
{
    size_t size;

    if (direction == PROXY_ANSWER && postgres->single_answers > 0)
        return bytes.size > 0 ? 1 : 0;
    if (direction == PROXY_REQUEST && !postgres->started) {
        size = bytes.size < START_HEADER ? 0 : at32(bytes, 0);
        return size > 0 && size < START_HEADER ? START_HEADER : size;
    }
    return bytes.size < HEADER ? 0 : 1 + (size_t)at32(bytes, 1);
}

/* A text up to a NUL or the end of what is seen; moves `bytes` behind it. */
static struct slice take_text(struct slice *bytes)
{
    size_t size = strnlen(bytes->data, bytes->size);
    struct slice text = {bytes->data, size};
    size_t taken = size < bytes->size ? size + 1 : size;

    *bytes = (struct slice){bytes->data + taken, bytes->size - taken};
    return text;
}

/* COMMIT as the first word of a statement, so neither READ COMMITTED nor a 'commit' in a value. */
static bool says_commit(struct slice sql)
{
    size_t word = sizeof commit_word - 1;
    bool begins = true;

    for (size_t i = 0; i + word <= sql.size; i++) {
        bool ends = i + word == sql.size || !isalnum((unsigned char)sql.data[i + word]);

        if (begins && ends && strncasecmp(sql.data + i, commit_word, word) == 0)
            return true;
        if (!isspace((unsigned char)sql.data[i]))
            begins = sql.data[i] == ';';
    }
    return false;
}

static size_t find_statement(const struct proxy_postgres *postgres, struct slice name)
{
    size_t i = 0;

    while (i < postgres->commit_count && !slice_equal(slice_of(postgres->commits[i]), name))
        i++;
    return i;
}

static void remember_statement(struct proxy_postgres *postgres, struct slice name, bool commits)
{
    size_t i = find_statement(postgres, name);

    if (!commits) {
        if (i < postgres->commit_count)
            memcpy(postgres->commits[i], postgres->commits[--postgres->commit_count],
                   PROXY_NAME_SIZE);
        return;
    }
    if (i < PROXY_STATEMENTS && i == postgres->commit_count && name.size < PROXY_NAME_SIZE) {
        memcpy(postgres->commits[i], name.data, name.size);
        postgres->commits[i][name.size] = '\0';
        postgres->commit_count++;
    }
}

static bool read_parse(struct proxy_postgres *postgres, struct slice body)
{
    struct slice name = take_text(&body);
    bool commits = says_commit(take_text(&body));

    remember_statement(postgres, name, commits);
    return commits;
}

static bool read_bind(struct proxy_postgres *postgres, struct slice body)
{
    take_text(&body); /* the portal */
    postgres->portal_commits = find_statement(postgres, take_text(&body)) < postgres->commit_count;
    return postgres->portal_commits;
}

static void read_start(struct proxy_postgres *postgres, struct slice bytes)
{
    uint32_t code = at32(bytes, 4);

    if (code == SSL_REQUEST || code == GSSENC_REQUEST)
        postgres->single_answers++;
    else
        postgres->started = true;
}

static void read_request(struct proxy_postgres *postgres, struct proxy_message *message,
                         struct slice body)
{
    switch (message->type) {
    case 'Q':
        message->commit = says_commit(take_text(&body));
        break;
    case 'P':
        message->commit = read_parse(postgres, body);
        break;
    case 'B':
        message->commit = read_bind(postgres, body);
        break;
    case 'E':
        message->commit = postgres->portal_commits;
        break;
    default:
        break;
    }
}

void proxy_postgres_read(struct proxy_postgres *postgres, struct proxy_message *message)
{
    struct slice body;

    if (message->direction == PROXY_REQUEST && !postgres->started) {
        read_start(postgres, message->bytes);
        return;
    }
    if (message->direction == PROXY_ANSWER && postgres->single_answers > 0) {
        postgres->single_answers--;
        return;
    }
    message->type = message->bytes.data[0];
    body = (struct slice){message->bytes.data + HEADER, message->bytes.size - HEADER};
    if (message->direction == PROXY_REQUEST)
        read_request(postgres, message, body);
    else
        message->commit =
            message->type == 'C' && slice_equal(take_text(&body), slice_of(commit_word));
}
