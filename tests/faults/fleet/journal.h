/* The simulator's journal (producers/feeder/journal.h) against the tables. What differs fails the
 * test. */
#ifndef TRIBUTARY_TESTS_FAULTS_JOURNAL_H
#define TRIBUTARY_TESTS_FAULTS_JOURNAL_H

/* Makes the table `journal` in the database. */
void journal_open(const char *uri);

/* Adds the file's lines to it. */
void journal_load(const char *uri, const char *path);

/* Every accepted event is in its tables, once, no later than where it was accepted; and nothing is
 * there that was never sent. All that was posted must stand in the journals. */
void journal_check(const char *uri);

#endif
