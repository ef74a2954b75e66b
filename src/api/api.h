/* What every handler may reach: the layers below, wired together once by server/wiring.c. */
#ifndef API_API_H
#define API_API_H

#include "api/metrics.h"
#include "api/worker.h"
#include "automation/request_log.h"
#include "base/keyring.h"
#include "base/uuid.h"
#include "contract/contract.h"
#include "net/http_server.h"
#include "store/store.h"
#include "tunnel/tunnel.h"

struct inflight;

struct api {
    struct store *store;
    struct keyring *keyring;
    struct contract *contract;
    struct worker_pool *workers;
    struct tunnel *tunnel;
    struct request_log_batch *request_logs;
    struct inflight *inflight; /* idempotency keys being worked on */
    struct api_metrics *metrics;
    struct http_server *http;    /* for its counters */
    struct uuid server_id;       /* of this process: physical_server_id of the machines it holds */
    int64_t desktop_timeout_ms;  /* for a desktop's answer */
    size_t body_ceiling_default; /* for requests that no operation matches */
};

/* Callbacks for the HTTP server; ctx is the struct api. */
extern const struct http_callbacks api_http_callbacks;

#endif
