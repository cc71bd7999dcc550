/* `tributary keys new`: makes an API key. The key itself is printed once and stored nowhere; the
 * gateway's keys file gets the line, which holds its digest only (producers/gateway/keys.h). */
#include "common/crypto/digest.h"
#include "common/crypto/secret.h"
#include "common/event/event.h"
#include "common/json/json.h"
#include "operator/command.h"

#include <stdio.h>
#include <string.h>

enum { SECRET_BYTES = 32, SUFFIX_BYTES = 4, OUT_BYTES = 4096 };

struct key {
    char id[EVENT_TENANT_MAX + 1 + 2 * SUFFIX_BYTES + 1]; /* tenant-1a2b3c4d */
    char secret[2 * SECRET_BYTES + 1];
    char digest[2 * CRYPTO_SHA256_BYTES + 1];
};

static void write_hex(const uint8_t *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static enum status make_key(const char *tenant, struct key *key, struct error *error)
{
    uint8_t random[SECRET_BYTES + SUFFIX_BYTES];
    char suffix[2 * SUFFIX_BYTES + 1];
    struct crypto_sha256 digest;
    enum status status = crypto_random(random, sizeof random, error);

    if (status != STATUS_OK)
        return status;
    write_hex(random, SECRET_BYTES, key->secret);
    write_hex(random + SECRET_BYTES, SUFFIX_BYTES, suffix);
    snprintf(key->id, sizeof key->id, "%s-%s", tenant, suffix);
    digest = crypto_sha256(slice_of(key->secret));
    write_hex(digest.bytes, sizeof digest.bytes, key->digest);
    crypto_wipe(random, sizeof random);
    return STATUS_OK;
}

/* The rest of a line of the file: no line break may come in. */
static bool name_valid(const char *name)
{
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    return true;
}

static void print_json(const struct key *key, const char *full, const char *line)
{
    struct json_writer writer;
    struct buffer out;

    buffer_init(&out, OUT_BYTES);
    json_writer_init(&writer, &out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "id");
    json_write_text(&writer, key->id);
    json_write_key(&writer, "key");
    json_write_text(&writer, full);
    json_write_key(&writer, "line");
    json_write_text(&writer, line);
    json_write_object_end(&writer);
    printf("%.*s\n", (int)out.size, out.data);
    crypto_wipe(out.data, out.size);
    buffer_done(&out);
}

static void print_key(const struct command_options *options, const struct key *key)
{
    const char *name = options->name != NULL ? options->name : "";
    char full[sizeof key->id + sizeof key->secret];
    char line[OUT_BYTES];

    snprintf(full, sizeof full, "%s.%s", key->id, key->secret);
    snprintf(line, sizeof line, "%s  %s  %s%s%s", key->id, key->digest, options->tenant,
             name[0] != '\0' ? "  " : "", name);
    if (options->json) {
        print_json(key, full, line);
    } else {
        fprintf(stderr, "The key, which is shown this once, then the line for the gateway's keys"
                        " file:\n");
        printf("%s\n%s\n", full, line);
    }
    crypto_wipe(full, sizeof full);
}

static int run_keys_new(const struct command_context *context, struct error *error)
{
    const struct command_options *options = context->options;
    struct key key;

    if (!event_tenant_valid(slice_of(options->tenant))) {
        error_set(error, STATUS_REJECT, "a tenant is 1 to 32 of a-z, 0-9, _ and -");
        return command_failed(error);
    }
    if (options->name != NULL && !name_valid(options->name)) {
        error_set(error, STATUS_REJECT, "the name may hold no control characters");
        return command_failed(error);
    }
    if (make_key(options->tenant, &key, error) != STATUS_OK)
        return command_failed(error);
    print_key(options, &key);
    crypto_wipe(&key, sizeof key);
    return COMMAND_OK;
}

const struct command command_keys_new = {
    .words = "keys new",
    .help = "makes an API key for a tenant",
    .more = "Add the second line of the output to gateway.keys_file and send the gateway SIGHUP.\n"
            "A tenant may have several keys: take the old one's line out when the new one is in "
            "use.",
    .example = "tributary keys new --tenant acme --name \"billing, from March on\"",
    .options = "tenant name json",
    .run = run_keys_new,
};
