/* The one mapping of librdkafka's error codes to the classes. Inside this folder only.
 *
 * RETRY: brokers, leaders, coordinators, rights and networks come back; nothing of the input is at
 *        fault, so missing rights and passwords are here too, and alarm by their code.
 * LOST: the group has gone on without this member, or members are at work where none may be.
 * REJECT: this request or message never will be taken.
 * FATAL: the client instance is of no use any more; also every code that is not named in the table.
 *
 * error->code is the library's name of the error without a leading underscore, cut at 23 bytes:
 * "MSG_SIZE_TOO_LARGE", "TRANSPORT". */
#ifndef TRIBUTARY_KAFKA_KAFKA_ERROR_H
#define TRIBUTARY_KAFKA_KAFKA_ERROR_H

#include "common/base/status.h"

#include <librdkafka/rdkafka.h>

enum status kafka_error_status(rd_kafka_resp_err_t code);

/* Static; "" for no error. */
const char *kafka_error_name(rd_kafka_resp_err_t code);

/* "what: the library's text"; the class of code, or OK (and nothing set) for no error. */
enum status kafka_error_set(struct error *error, rd_kafka_resp_err_t code, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of the library's error object, which it destroys; NULL is OK. */
enum status kafka_error_take(struct error *error, rd_kafka_error_t *problem, const char *what);

#endif
