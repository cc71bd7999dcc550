/* The simulator's journal (producers/feeder/journal.h) against the tables. What differs fails the
 * test. */
#ifndef TRIBUTARY_TESTS_FAULTS_JOURNAL_H
#define TRIBUTARY_TESTS_FAULTS_JOURNAL_H

/* Adds the file's lines to the table `journal` of the database, which is made if missing. */
void journal_load(const char *uri, const char *path);

/* Every accepted event is in its tables, once, no later than where it was accepted; and nothing is
 * there that was never sent. All that was posted must stand in the journals. */
void journal_check(const char *uri);

#endif
