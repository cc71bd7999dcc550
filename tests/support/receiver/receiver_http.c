#include "tests/support/receiver/receiver_http.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_BYTES = 8192, KEY_BYTES = 96, TOLERANCE_S = 300 };

static bool read_head(int fd, char *head)
{
    size_t size = 0;

    while (size < HEAD_BYTES - 1) {
        if (read(fd, head + size, 1) != 1)
            return false;
        head[++size] = '\0';
        if (size >= 4 && memcmp(head + size - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

/* The value of a field, "" when there is none. */
static void field(const char *head, const char *name, char *value)
{
    size_t size = strlen(name);

    value[0] = '\0';
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, size) == 0 && line[2 + size] == ':') {
            const char *begin = line + 3 + size;

            begin += strspn(begin, " ");
            snprintf(value, RECEIVER_TEXT, "%.*s", (int)strcspn(begin, "\r"), begin);
            return;
        }
}

bool receiver_read(int fd, struct receiver_request *request)
{
    char head[HEAD_BYTES], length[RECEIVER_TEXT];
    size_t size;

    if (!read_head(fd, head) || sscanf(head, "POST %255s HTTP/1.1", request->path) != 1)
        return false;
    field(head, "webhook-id", request->id);
    field(head, "webhook-timestamp", request->timestamp);
    field(head, "webhook-signature", request->signatures);
    field(head, "content-type", request->content_type);
    field(head, "content-length", length);
    size = strtoul(length, NULL, 10);
    if (size >= RECEIVER_BODY)
        return false;
    for (request->body_size = 0; request->body_size < size;) {
        ssize_t got = read(fd, request->body + request->body_size, size - request->body_size);

        if (got <= 0)
            return false;
        request->body_size += (size_t)got;
    }
    request->body[size] = '\0';
    return true;
}

static bool is_listed(const char *signatures, const char *wanted)
{
    size_t size = strlen(wanted);

    for (const char *at = signatures; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, wanted, size) == 0 && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

bool receiver_signed(const struct receiver_request *request, const char *secret)
{
    const char *encoded = secret + strlen("whsec_");
    unsigned char key[KEY_BYTES], digest[32];
    char *text = NULL, expected[64] = "v1,";
    long long age = (long long)time(NULL) - strtoll(request->timestamp, NULL, 10);
    unsigned size = sizeof digest;
    int key_size = EVP_DecodeBlock(key, (const unsigned char *)encoded, (int)strlen(encoded));
    int padding = 0;
    int text_size;

    for (const char *end = encoded + strlen(encoded); end > encoded && end[-1] == '='; end--)
        padding++;
    text_size = asprintf(&text, "%s.%s.%s", request->id, request->timestamp, request->body);
    HMAC(EVP_sha256(), key, key_size - padding, (const unsigned char *)text, (size_t)text_size,
         digest, &size);
    free(text);
    EVP_EncodeBlock((unsigned char *)expected + 3, digest, (int)size);
    return request->id[0] != '\0' && strchr(request->id, '.') == NULL && age >= -TOLERANCE_S &&
           age <= TOLERANCE_S && strcmp(request->content_type, "application/json") == 0 &&
           is_listed(request->signatures, expected);
}
