/* The ingest gateway: HTTP in, Kafka out. A 2xx is a promise: it is given when every accepted event
 * of the request is in the log by all in-sync replicas, never before. Several threads, each with a
 * loop, a server and a producer of its own (ingest.h); the main thread has the admin port, the
 * signals and the watchdog, and touches no event.
 *
 * SIGTERM, SIGINT: /readyz says 503, nobody new is let in, what is under way is answered; a second
 * one exits at once. SIGHUP: the file of API keys is read again. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_GATEWAY_H
#define TRIBUTARY_PRODUCERS_GATEWAY_GATEWAY_H

/* Runs until SIGTERM or a fatal error. The exit code for main. */
int gateway_main(int argc, char **argv);

#endif
