/* common/client: certificates are checked, by name too. */
#include "common/client/client.h"
#include "common/loop/loop.h"
#include "tests/support/suite/suite.h"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server with a certificate of its own for one name, in a thread. */
struct tls_server {
    SSL_CTX *context;
    X509 *certificate;
    EVP_PKEY *key;
    char file[64];
    int fd;
    uint16_t port;
    pthread_t thread;
};

struct outcome {
    struct loop *loop;
    enum status status;
    int code;
};

static void server_certify(struct tls_server *server, const char *name)
{
    X509 *certificate = server->certificate = X509_new();
    X509_EXTENSION *extension;
    FILE *file;
    int fd;

    server->key = EVP_EC_gen("P-256");
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, server->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    ck_assert_int_gt(X509_sign(certificate, server->key, EVP_sha256()), 0);
    strcpy(server->file, "/tmp/tributary-test-ca-XXXXXX");
    fd = mkstemp(server->file);
    file = fdopen(fd, "w");
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    fclose(file);
}

static void *server_run(void *context)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct tls_server *server = context;
    char request[4096];
    int fd;

    while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
        SSL *ssl = SSL_new(server->context);

        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0)
            SSL_write(ssl, answer, sizeof answer - 1);
        SSL_shutdown(ssl);
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static void server_start(struct tls_server *server, const char *name)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    signal(SIGPIPE, SIG_IGN);
    *server = (struct tls_server){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    server_certify(server, name);
    server->context = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(server->context, server->certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(server->context, server->key), 1);
    ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(server->fd, 8), 0);
    getsockname(server->fd, (struct sockaddr *)&address, &size);
    server->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, server_run, server), 0);
}

static void server_stop(struct tls_server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    SSL_CTX_free(server->context);
    X509_free(server->certificate);
    EVP_PKEY_free(server->key);
    unlink(server->file);
}

static void answered(void *context, const struct client_response *response)
{
    struct outcome *outcome = context;

    outcome->status = response->status;
    outcome->code = response->code;
    loop_stop(outcome->loop);
}

static struct outcome get(const struct tls_server *server, const char *ca_file)
{
    struct client_limits limits = client_limits_default();
    struct error error = {0};
    struct outcome outcome = {0};
    struct client *client = NULL;
    struct client_request request = {.method = "GET"};
    char url[64];

    limits.allow_private = true;
    limits.ca_file = ca_file;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server->port);
    request.url = url;
    ck_assert_int_eq(loop_new(&outcome.loop, &error), STATUS_OK);
    ck_assert_int_eq(client_new(&client, outcome.loop, &limits, &error), STATUS_OK);
    ck_assert_int_eq(client_send(client, &request, answered, &outcome, &error), STATUS_OK);
    ck_assert_int_eq(loop_run(outcome.loop, &error), STATUS_OK);
    client_free(client);
    loop_free(outcome.loop);
    return outcome;
}

START_TEST(a_known_certificate_is_taken)
{
    struct tls_server server;
    struct outcome outcome;

    server_start(&server, "IP:127.0.0.1");
    outcome = get(&server, server.file);
    ck_assert_int_eq(outcome.status, STATUS_OK);
    ck_assert_int_eq(outcome.code, 200);
    server_stop(&server);
}
END_TEST

START_TEST(an_unknown_certificate_is_not)
{
    struct tls_server server;

    server_start(&server, "IP:127.0.0.1");
    ck_assert_int_eq(get(&server, NULL).status, STATUS_RETRY);
    server_stop(&server);
}
END_TEST

START_TEST(a_certificate_for_another_name_is_not)
{
    struct tls_server server;

    server_start(&server, "IP:127.0.0.2,DNS:localhost");
    ck_assert_int_eq(get(&server, server.file).status, STATUS_RETRY);
    server_stop(&server);
}
END_TEST

SUITE_MAIN("client tls", a_known_certificate_is_taken, an_unknown_certificate_is_not,
           a_certificate_for_another_name_is_not);
