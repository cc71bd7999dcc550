#include "common/client/fault.h"

#include <stdio.h>

/* What the request itself is to blame for. All else is a matter of time and of the other end:
 * names, routes and certificates are mended. */
static bool code_is_ours(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
        return true;
    default:
        return false;
    }
}

enum status client_fault(CURLcode code, bool refused, const char *host, struct error *error)
{
    char number[24];

    if (code == CURLE_OK)
        return STATUS_OK;
    snprintf(number, sizeof number, "curl %d", (int)code);
    if (refused && code == CURLE_COULDNT_CONNECT)
        return error_set_code(error, STATUS_REJECT, number, "client: %s has no public address",
                              host);
    if (code == CURLE_OUT_OF_MEMORY)
        return error_set_code(error, STATUS_FATAL, number, "client: out of memory");
    return error_set_code(error, code_is_ours(code) ? STATUS_REJECT : STATUS_RETRY, number,
                          "client: %s: %s", host, curl_easy_strerror(code));
}
