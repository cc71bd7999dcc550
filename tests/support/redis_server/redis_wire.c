#include "tests/support/redis_server/redis_wire.h"

#include "common/base/buffer.h"
#include "common/base/must.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REPLY_LIMIT = 16 << 20, LINE_SIZE = 512, DEPTH = 8 };

static FILE *connect_to(int port, int timeout_ms)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *stream;

    MUST(client >= 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(client, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(client);
        return NULL;
    }
    stream = fdopen(client, "r+");
    MUST(stream != NULL);
    return stream;
}

static bool send_command(FILE *stream, const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    fprintf(stream, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    return fflush(stream) == 0;
}

static bool read_line(FILE *stream, char *line)
{
    size_t size;

    if (fgets(line, LINE_SIZE, stream) == NULL)
        return false;
    size = strlen(line);
    if (size < 3 || strcmp(line + size - 2, "\r\n") != 0)
        return false;
    line[size - 2] = '\0';
    return true;
}

static bool read_string(FILE *stream, long size, struct buffer *out)
{
    char end[2];
    char *into;

    if (size < 0)
        return true;
    into = buffer_extend(out, (size_t)size);
    return into != NULL && fread(into, 1, (size_t)size, stream) == (size_t)size &&
           fread(end, 1, sizeof end, stream) == sizeof end;
}

static bool read_reply(FILE *stream, int depth, struct buffer *out);

static bool read_items(FILE *stream, long count, int depth, struct buffer *out)
{
    for (long i = 0; i < count; i++) {
        if (!read_reply(stream, depth + 1, out))
            return false;
        buffer_append_byte(out, '\n');
    }
    return true;
}

static bool read_reply(FILE *stream, int depth, struct buffer *out)
{
    char line[LINE_SIZE];

    if (depth > DEPTH || !read_line(stream, line))
        return false;
    switch (line[0]) {
    case '$':
        return read_string(stream, strtol(line + 1, NULL, 10), out);
    case '*':
        return read_items(stream, strtol(line + 1, NULL, 10), depth, out);
    case '-':
        buffer_append_text(out, line);
        return true;
    default: /* +OK, :1 */
        buffer_append_text(out, line + 1);
        return true;
    }
}

char *redis_wire_command(int port, const char *const *words, int timeout_ms)
{
    FILE *stream = connect_to(port, timeout_ms);
    struct buffer reply;
    bool good;

    if (stream == NULL)
        return NULL;
    buffer_init(&reply, REPLY_LIMIT);
    good = send_command(stream, words) && read_reply(stream, 0, &reply);
    fclose(stream);
    buffer_append_byte(&reply, 0);
    if (good && !reply.overflow)
        return reply.data;
    buffer_done(&reply);
    return NULL;
}
