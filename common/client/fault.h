/* libcurl's codes in the project's classes. */
#ifndef TRIBUTARY_CLIENT_FAULT_H
#define TRIBUTARY_CLIENT_FAULT_H

#include "common/base/status.h"

#include <curl/curl.h>
#include <stdbool.h>

/* refused: an address was refused on the way. Sets the line unless code is OK. */
enum status client_fault(CURLcode code, bool refused, const char *host, struct error *error);

#endif
