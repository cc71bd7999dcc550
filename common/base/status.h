/* The class of a failure, and one line that says what happened.
 *
 * Every call that can fail returns an enum status and takes a struct error last. The line is set
 * where the failure is seen and never overwritten above. ret_ outputs are untouched on failure.
 * Library code does not log: the boundary (worker, gateway, a main) logs the line once. */
#ifndef TRIBUTARY_BASE_STATUS_H
#define TRIBUTARY_BASE_STATUS_H

enum status {
    STATUS_OK,
    STATUS_RETRY,  /* the same input may work later: pause and back off */
    STATUS_LOST,   /* somebody else owns it now: drop it, take it again if it is still ours */
    STATUS_REJECT, /* this input never will work: a clear error or a dead letter */
    STATUS_FATAL,  /* this process cannot go on: exit */
};

struct error {
    enum status status;
    char code[24];  /* SQLSTATE, errno name or library code; empty when there is none */
    char text[232]; /* what, where, and what to do; one line */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Sets the line and returns status, so that a failure is one statement:
 *     return error_set(error, STATUS_RETRY, "postgres %s: %s", host, reason);
 * An error that is set already is kept: the lowest one knows best. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a code of the library below. */
enum status error_set_code(struct error *error, enum status status, const char *code,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Empties it for reuse, as before a retry. */
void error_clear(struct error *error);

/* "ok", "retry", "lost", "reject", "fatal". */
const char *status_name(enum status status);

#endif
