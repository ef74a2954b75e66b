#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "net/stream_internal.h"

static bool fail(struct err *err, const char *what, const char *file)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return err_set(err, ERR_INVALID, "%s %s: %s", what, file, reason ? reason : "unknown error");
}

/* We speak HTTP/1.1 and nothing else; a client that offers other names gets no answer on them. */
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *selected;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&selected, out_len, ours, sizeof(ours) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

static struct tls_context *create(const SSL_METHOD *method, bool client)
{
    struct tls_context *context = MEM_NEW(struct tls_context);
    context->client = client;
    context->bio = stream_tls_bio_method();
    context->ctx = SSL_CTX_new(method);
    if (!context->ctx || !context->bio)
        mem_die(sizeof(*context));
    SSL_CTX_set_min_proto_version(context->ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* Tickets carry sessions; nothing is kept here. */
    SSL_CTX_set_session_cache_mode(context->ctx, SSL_SESS_CACHE_OFF);
    return context;
}

static bool load_certificate(SSL_CTX *ctx, const char *cert_file, const char *key_file,
                             struct err *err)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        return fail(err, "cannot use the TLS certificate", cert_file);
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
        return fail(err, "cannot use the TLS key", key_file);
    return true;
}

struct tls_context *tls_context_create_server(const char *cert_file, const char *key_file,
                                              struct err *err)
{
    struct tls_context *context = create(TLS_server_method(), false);
    SSL_CTX_set_num_tickets(context->ctx, 1);
    SSL_CTX_set_alpn_select_cb(context->ctx, select_alpn, NULL);
    if (load_certificate(context->ctx, cert_file, key_file, err))
        return context;
    tls_context_destroy(context);
    return NULL;
}

struct tls_context *tls_context_create_client(const char *ca_file, struct err *err)
{
    struct tls_context *context = create(TLS_client_method(), true);
    int loaded = ca_file ? SSL_CTX_load_verify_file(context->ctx, ca_file)
                         : SSL_CTX_set_default_verify_paths(context->ctx);
    if (loaded == 1)
        return context;
    fail(err, "cannot read the certificates in", ca_file ? ca_file : "the system's store");
    tls_context_destroy(context);
    return NULL;
}

void tls_context_destroy(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ctx);
    BIO_meth_free(context->bio);
    free(context);
}
