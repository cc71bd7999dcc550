/* What a client was told of each event that it posted, held against the log. */
#ifndef TRIBUTARY_TESTS_FAULTS_GATEWAY_JOURNAL_H
#define TRIBUTARY_TESTS_FAULTS_GATEWAY_JOURNAL_H

#include "common/base/buffer.h"
#include "tests/support/gateway/door.h"

enum { JOURNAL_CLIENTS = 8, JOURNAL_EVENTS = 400000 };

enum journal_outcome {
    JOURNAL_POSTED,   /* sent, no answer yet, or the connection broke before one */
    JOURNAL_ACCEPTED, /* 202, with a place */
    JOURNAL_REFUSED,  /* 503: may be there or not */
};

struct journal_entry {
    enum journal_outcome outcome;
    int32_t partition;
    int64_t offset;
    unsigned seen; /* times in the log */
    bool at_place; /* one of them where the receipt says */
    bool cut;      /* the connection broke before an answer */
};

/* The events of one client, by number. One thread. */
struct journal {
    struct journal_entry *entries;
    size_t count;
};

void journal_init(struct journal *journal);
void journal_done(struct journal *journal);

/* The next number. */
size_t journal_post(struct journal *journal);

/* The line of an event, under the id "c<client>-<number>". */
void journal_write(int client, size_t number, struct buffer *out);

/* Takes down what an answer (NUL-terminated body of 202 or 207) says of the client's events. */
void journal_answer(struct journal *journal, int client, const char *body);

struct journal_sum {
    size_t posted, accepted, refused, cut;
    size_t stored;     /* different ones that are in the log */
    size_t cut_stored; /* of those without an answer */
};

/* Reads the topic and fails the test unless every accepted event is in the log where its receipt
 * says, nothing is there twice, and nothing that was not posted. */
struct journal_sum journal_check(struct journal *journals, size_t count, const struct door *door);

#endif
