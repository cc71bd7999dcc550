#include "producers/gateway/problems.h"

#include <stdio.h>

enum { RETRY_AFTER_MAX_S = 5, MEMBERS_SIZE = 64 };

#define TYPE_CAPACITY "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"

static int respond(struct http_request *request, struct http_problem *problem, const char *reason)
{
    char members[MEMBERS_SIZE];

    snprintf(members, sizeof members, "\"reason\":\"%s\"", reason);
    problem->members = members;
    http_respond_problem(request, problem);
    return problem->status;
}

/* One answer for whatever is wrong with the key. */
int problem_unauthorized(struct http_request *request)
{
    struct http_problem problem = {
        .status = 401,
        .detail = "an API key is needed: Authorization: Bearer KEY",
        .field = {"WWW-Authenticate", SLICE_LITERAL("Bearer realm=\"tributary\"")},
    };

    return respond(request, &problem, "unauthorized");
}

int problem_media(struct http_request *request)
{
    struct http_problem problem = {
        .status = 415,
        .detail = "Content-Type must be application/json or application/x-ndjson, in UTF-8",
        .field = {"Accept-Post", SLICE_LITERAL("application/json, application/x-ndjson")},
    };

    return respond(request, &problem, "unsupported_media_type");
}

int problem_encoding(struct http_request *request)
{
    struct http_problem problem = {
        .status = 415,
        .detail = "the body must not be compressed",
        .field = {"Accept-Encoding", SLICE_LITERAL("identity")},
    };

    return respond(request, &problem, "unsupported_encoding");
}

int problem_body(struct http_request *request, const struct error *error)
{
    bool too_many = strcmp(error->code, "too_many_items") == 0;
    struct http_problem problem = {.status = too_many ? 413 : 400, .detail = error->text};

    return respond(request, &problem, error->code);
}

int problem_empty(struct http_request *request)
{
    struct http_problem problem = {.status = 422, .detail = "there is no event in the body"};

    return respond(request, &problem, "empty");
}

int problem_unavailable(struct http_request *request, struct random *random, const char *reason,
                        const char *detail)
{
    struct http_problem problem = {
        .status = 503,
        .type = TYPE_CAPACITY,
        .detail = detail,
        .retry_after_s = 1 + (int)random_below(random, RETRY_AFTER_MAX_S),
    };

    return respond(request, &problem, reason);
}
