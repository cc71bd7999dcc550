#include "common/http/limits.h"

struct http_limits http_limits_default(void)
{
    return (struct http_limits){
        .request_line_bytes = 8192,
        .header_bytes = 8192,
        .header_count = HTTP_HEADERS_MAX,
        .body_bytes = 1 << 20,
        .connections = 4096,
        .memory_bytes = 64 << 20,
        .pipeline = 16,
        .requests_per_connection = 100000,
        .backlog_bytes = 4 << 20,
        .head_ms = 10000,
        .body_ms = 10000,
        .idle_ms = 30000,
        .write_ms = 10000,
        .linger_ms = 500,
    };
}
