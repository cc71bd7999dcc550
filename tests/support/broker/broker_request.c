#include "tests/support/broker/broker_request.h"

#include "common/base/buffer.h"
#include "common/base/must.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { KEY_LIST_OFFSETS = 2, KEY_METADATA = 3, KEY_LEAVE_GROUP = 13, KEY_CREATE_TOPICS = 19 };
enum { ANSWER_LIMIT = 1 << 20, REQUEST_LIMIT = 4096, CORRELATION = 7, LATEST = -1 };
enum { ANSWER_SECONDS = 1, CHANGE_SECONDS = 20 };

static void put16(struct buffer *out, int value)
{
    uint16_t big = htobe16((uint16_t)value);

    buffer_append(out, &big, sizeof big);
}

static void put32(struct buffer *out, int32_t value)
{
    uint32_t big = htobe32((uint32_t)value);

    buffer_append(out, &big, sizeof big);
}

static void put64(struct buffer *out, int64_t value)
{
    uint64_t big = htobe64((uint64_t)value);

    buffer_append(out, &big, sizeof big);
}

static void put_text(struct buffer *out, const char *text)
{
    put16(out, (int)strlen(text));
    buffer_append_text(out, text);
}

static void begin(struct buffer *out, int key, int version)
{
    buffer_init(out, REQUEST_LIMIT);
    put32(out, 0);
    put16(out, key);
    put16(out, version);
    put32(out, CORRELATION);
    put_text(out, "test");
}

/* An answer being read; beyond its end everything is 0 and `bad` is set. */
struct answer {
    char *data;
    size_t size;
    size_t at;
    bool bad;
};

static const char *take(struct answer *answer, size_t size)
{
    static const char zeros[8];
    const char *from = answer->data + answer->at;

    if (answer->bad || size > answer->size - answer->at) {
        answer->bad = true;
        return zeros;
    }
    answer->at += size;
    return from;
}

static int take16(struct answer *answer)
{
    uint16_t big;

    memcpy(&big, take(answer, sizeof big), sizeof big);
    return (int16_t)be16toh(big);
}

static int32_t take32(struct answer *answer)
{
    uint32_t big;

    memcpy(&big, take(answer, sizeof big), sizeof big);
    return (int32_t)be32toh(big);
}

static int64_t take64(struct answer *answer)
{
    uint64_t big;

    memcpy(&big, take(answer, sizeof big), sizeof big);
    return (int64_t)be64toh(big);
}

static void skip_text(struct answer *answer)
{
    int size = take16(answer);

    if (size > 0)
        take(answer, (size_t)size);
}

static int connect_to(int port, int seconds)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval limit = {.tv_sec = seconds};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    MUST(client >= 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(client, (const struct sockaddr *)&address, sizeof address) == 0)
        return client;
    close(client);
    return -1;
}

static bool receive(int client, void *into, size_t size)
{
    return recv(client, into, size, MSG_WAITALL) == (ssize_t)size;
}

static bool receive_answer(int client, struct answer *answer)
{
    uint32_t size;

    if (!receive(client, &size, sizeof size))
        return false;
    size = be32toh(size);
    if (size < sizeof(int32_t) || size > ANSWER_LIMIT)
        return false;
    answer->data = must_alloc(size);
    answer->size = size;
    return receive(client, answer->data, size) && take32(answer) == CORRELATION;
}

/* Sends the request (and ends its buffer); false without an answer. answer->data is the caller's.
 */
static bool exchange(int port, int seconds, struct buffer *request, struct answer *answer)
{
    uint32_t size = htobe32((uint32_t)(request->size - sizeof size));
    int client = connect_to(port, seconds);
    bool good = client >= 0;

    *answer = (struct answer){0};
    MUST(!request->overflow);
    memcpy(request->data, &size, sizeof size);
    good = good && send(client, request->data, request->size, MSG_NOSIGNAL) > 0 &&
           receive_answer(client, answer);
    if (client >= 0)
        close(client);
    buffer_done(request);
    return good;
}

bool broker_request_ready(int port)
{
    struct buffer request;
    struct answer answer;
    bool ready;

    begin(&request, KEY_METADATA, 4);
    put32(&request, 0);              /* no topics */
    buffer_append_byte(&request, 0); /* and none is to be made */
    ready = exchange(port, ANSWER_SECONDS, &request, &answer);
    take32(&answer); /* throttled for */
    ready = ready && take32(&answer) > 0 && !answer.bad;
    free(answer.data);
    return ready;
}

int broker_request_create(int port, const char *topic, int32_t partitions)
{
    struct buffer request;
    struct answer answer;
    bool good;
    int code;

    begin(&request, KEY_CREATE_TOPICS, 2);
    put32(&request, 1);
    put_text(&request, topic);
    put32(&request, partitions);
    put16(&request, 1); /* replica */
    put32(&request, 0); /* assignments */
    put32(&request, 0); /* settings */
    put32(&request, CHANGE_SECONDS * 1000);
    buffer_append_byte(&request, 0); /* not only a check */
    good = exchange(port, CHANGE_SECONDS, &request, &answer);
    take32(&answer); /* throttled for */
    take32(&answer); /* one topic */
    skip_text(&answer);
    code = take16(&answer);
    good = good && !answer.bad;
    free(answer.data);
    return good ? code : -1;
}

int broker_request_end(int port, const char *topic, int32_t partition, int64_t *ret_offset)
{
    struct buffer request;
    struct answer answer;
    int64_t offset;
    bool good;
    int code;

    begin(&request, KEY_LIST_OFFSETS, 1);
    put32(&request, -1); /* no replica */
    put32(&request, 1);
    put_text(&request, topic);
    put32(&request, 1);
    put32(&request, partition);
    put64(&request, LATEST);
    good = exchange(port, ANSWER_SECONDS, &request, &answer);
    take32(&answer); /* one topic */
    skip_text(&answer);
    take32(&answer); /* one partition */
    take32(&answer); /* this one */
    code = take16(&answer);
    take64(&answer); /* time */
    offset = take64(&answer);
    good = good && !answer.bad;
    free(answer.data);
    if (good && code == 0)
        *ret_offset = offset;
    return good ? code : -1;
}

int broker_request_leave(int port, const char *group, const char *member)
{
    struct buffer request;
    struct answer answer;
    bool good;
    int code;

    begin(&request, KEY_LEAVE_GROUP, 0);
    put_text(&request, group);
    put_text(&request, member);
    good = exchange(port, CHANGE_SECONDS, &request, &answer);
    code = take16(&answer);
    good = good && !answer.bad;
    free(answer.data);
    return good ? code : -1;
}
