#include "tests/support/gateway/gateway.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/crypto/digest.h"
#include "tests/support/process/place.h"

#include <stdio.h>
#include <string.h>

enum { POST_MS = 30000, KEYS_BYTES = 64 * 1024 };

static void append_line(struct buffer *text, const char *key)
{
    const char *dot = strchr(key, '.'), *blank = strchr(key, ' ');
    struct crypto_sha256 digest;

    MUST(dot != NULL && blank != NULL && dot < blank);
    digest = crypto_sha256((struct slice){dot + 1, (size_t)(blank - dot - 1)});
    buffer_append(text, key, (size_t)(dot - key));
    buffer_append_byte(text, ' ');
    for (size_t i = 0; i < sizeof digest.bytes; i++)
        buffer_format(text, "%02x", digest.bytes[i]);
    buffer_format(text, "%s a key of a test\n", blank);
}

void gateway_write_keys(const char *path, const char *const *keys)
{
    struct buffer text;

    buffer_init(&text, KEYS_BYTES);
    for (; *keys != NULL; keys++)
        append_line(&text, *keys);
    buffer_append_byte(&text, '\0');
    MUST(!text.overflow);
    place_write(path, text.data, 0600);
    buffer_done(&text);
}

int gateway_set_up(struct fleet *fleet)
{
    static const char *const keys[] = {GATEWAY_ACME " acme", GATEWAY_ACME_2 " acme",
                                       GATEWAY_OTHER " other", NULL};
    char path[PLACE_PATH_SIZE], text[16];
    int port = place_port();

    snprintf(path, sizeof path, "%s/keys", fleet_folder(fleet));
    gateway_write_keys(path, keys);
    fleet_set(fleet, "TRIBUTARY_GATEWAY_KEYS_FILE", path);
    snprintf(text, sizeof text, "%d", port);
    fleet_set(fleet, "TRIBUTARY_GATEWAY_PORT", text);
    return port;
}

int gateway_post(int port, const char *path, const char *content_type, const char *body,
                 char **ret_answer)
{
    char headers[256];
    const struct fleet_request request = {.port = port,
                                          .path = path,
                                          .headers = headers,
                                          .body = body,
                                          .body_size = strlen(body),
                                          .timeout_ms = POST_MS};

    snprintf(headers, sizeof headers,
             "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Type: %s\r\n",
             content_type == NULL ? "application/json" : content_type);
    return fleet_http(&request, ret_answer);
}
