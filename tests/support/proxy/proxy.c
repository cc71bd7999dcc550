#include "tests/support/proxy/proxy.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "tests/support/proxy/proxy_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port_of(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    MUST(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    return ntohs(address.sin_port);
}

/* Signals are for the test's own thread. */
static void start_thread(struct proxy *proxy)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    MUST(pthread_create(&proxy->thread, NULL, proxy_loop_run, proxy) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct proxy *proxy_start(enum proxy_protocol protocol, int target_port)
{
    struct proxy *proxy = must_alloc(sizeof *proxy);
    pthread_condattr_t attributes;

    proxy->protocol = protocol;
    proxy->target_port = target_port;
    proxy->listener = proxy_loop_listen(0);
    proxy->port = port_of(proxy->listener);
    snprintf(proxy->address, sizeof proxy->address, "127.0.0.1:%d", proxy->port);
    proxy->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    MUST(proxy->wake >= 0);
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&proxy->turned, &attributes);
    pthread_condattr_destroy(&attributes);
    start_thread(proxy);
    return proxy;
}

static void wake(struct proxy *proxy)
{
    const uint64_t one = 1;

    MUST(write(proxy->wake, &one, sizeof one) == sizeof one);
}

/* Unlocks after the thread has made one whole turn with what was changed under the lock. */
static void unlock_after_turn(struct proxy *proxy)
{
    uint64_t turn = proxy->turns + 1;

    wake(proxy);
    while (proxy->turns < turn)
        pthread_cond_wait(&proxy->turned, &proxy->lock);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_free(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    pthread_mutex_lock(&proxy->lock);
    proxy->ends = true;
    pthread_mutex_unlock(&proxy->lock);
    wake(proxy);
    pthread_join(proxy->thread, NULL);
    if (proxy->listener >= 0)
        close(proxy->listener);
    close(proxy->wake);
    pthread_cond_destroy(&proxy->turned);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

void proxy_target(struct proxy *proxy, int port)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->target_port = port;
    pthread_mutex_unlock(&proxy->lock);
}

int proxy_port(const struct proxy *proxy)
{
    return proxy->port;
}

const char *proxy_address(const struct proxy *proxy)
{
    return proxy->address;
}

static void set_mode(struct proxy *proxy, enum proxy_mode mode)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->mode = mode;
    proxy->cuts = proxy->cuts || mode == PROXY_REFUSES;
    unlock_after_turn(proxy);
}

void proxy_pass(struct proxy *proxy)
{
    set_mode(proxy, PROXY_PASSES);
}

void proxy_refuse(struct proxy *proxy)
{
    set_mode(proxy, PROXY_REFUSES);
}

void proxy_freeze(struct proxy *proxy)
{
    set_mode(proxy, PROXY_FROZEN);
}

void proxy_cut(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->cuts = true;
    unlock_after_turn(proxy);
}

void proxy_delay(struct proxy *proxy, int delay_ms)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->delay_ms = delay_ms;
    unlock_after_turn(proxy);
}

static void set_rule(struct proxy *proxy, const struct proxy_rule *rule)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->rule.filter = rule->filter;
    proxy->rule.context = rule->context;
    proxy->rule.match = rule->match;
    proxy->rule.verdict = rule->verdict;
    proxy->rule.left = rule->left;
    proxy->rule.matched = 0;
    unlock_after_turn(proxy);
}

void proxy_arm(struct proxy *proxy, enum proxy_match match, enum proxy_verdict verdict, int count)
{
    set_rule(proxy, &(struct proxy_rule){.match = match, .verdict = verdict, .left = count});
}

void proxy_filter_set(struct proxy *proxy, proxy_filter *filter, void *context)
{
    set_rule(proxy, &(struct proxy_rule){.filter = filter, .context = context});
}

bool proxy_wait(struct proxy *proxy, uint64_t count, int timeout_ms)
{
    int64_t until_us = clock_steady_us() + (int64_t)timeout_ms * 1000;
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};
    bool met;

    pthread_mutex_lock(&proxy->lock);
    while (proxy->rule.matched < count &&
           pthread_cond_timedwait(&proxy->turned, &proxy->lock, &until) == 0)
        continue;
    met = proxy->rule.matched >= count;
    pthread_mutex_unlock(&proxy->lock);
    return met;
}

uint64_t proxy_matched(struct proxy *proxy)
{
    uint64_t matched;

    pthread_mutex_lock(&proxy->lock);
    matched = proxy->rule.matched;
    pthread_mutex_unlock(&proxy->lock);
    return matched;
}

void proxy_release(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    for (struct proxy_connection *c = proxy->connections; c != NULL; c = c->next)
        proxy_connection_release(c);
    unlock_after_turn(proxy);
}

uint64_t proxy_seen(struct proxy *proxy, enum proxy_match match)
{
    uint64_t seen;

    pthread_mutex_lock(&proxy->lock);
    seen = proxy->rule.seen[match];
    pthread_mutex_unlock(&proxy->lock);
    return seen;
}

size_t proxy_connections(struct proxy *proxy)
{
    size_t count;

    pthread_mutex_lock(&proxy->lock);
    count = proxy->connection_count;
    pthread_mutex_unlock(&proxy->lock);
    return count;
}
