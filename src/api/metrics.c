#include "api/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/mem.h"

/* Upper bounds of the latency histogram, in microseconds. */
static const int64_t bounds_us[] = {250,   500,    1000,   2500,   5000,    10000,   25000,
                                    50000, 100000, 250000, 500000, 1000000, 2500000, 10000000};
#define BUCKETS        (countof(bounds_us) + 1)
#define STATUS_CLASSES 6 /* 1xx at [1] to 5xx at [5] */

struct operation_counters {
    const char *id;
    atomic_uint_least64_t by_class[STATUS_CLASSES];
};

struct api_metrics {
    size_t count;
    struct operation_counters *operations; /* one more than there are, for no operation */
    atomic_uint_least64_t buckets[BUCKETS];
    atomic_uint_least64_t duration_us;
};

struct api_metrics *api_metrics_create(const struct contract *contract)
{
    struct api_metrics *metrics = MEM_NEW(struct api_metrics);
    metrics->count = contract_operation_count(contract);
    metrics->operations = mem_zalloc((metrics->count + 1) * sizeof(*metrics->operations));
    for (size_t i = 0; i < metrics->count; i++)
        metrics->operations[i].id = contract_operation(contract, i)->id;
    metrics->operations[metrics->count].id = "none";
    return metrics;
}

void api_metrics_destroy(struct api_metrics *metrics)
{
    if (!metrics)
        return;
    free(metrics->operations);
    free(metrics);
}

static void add(atomic_uint_least64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static uint64_t get(atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void api_metrics_count(struct api_metrics *metrics, const struct operation *operation, int status,
                       int64_t duration_us)
{
    size_t bucket = 0;
    while (bucket < countof(bounds_us) && duration_us > bounds_us[bucket])
        bucket++;
    add(&metrics->buckets[bucket], 1);
    add(&metrics->duration_us, (uint64_t)MAX_OF(duration_us, 0));
    size_t index = operation ? operation->index : metrics->count;
    add(&metrics->operations[index].by_class[status / 100 % STATUS_CLASSES], 1);
}

static void write_requests(struct api_metrics *metrics, struct buf *out)
{
    buf_append_str(out, STR("# HELP deskfleet_requests_total Answered API requests.\n"
                            "# TYPE deskfleet_requests_total counter\n"));
    for (size_t i = 0; i <= metrics->count; i++) {
        for (size_t class = 1; class < STATUS_CLASSES; class ++) {
            uint64_t count = get(&metrics->operations[i].by_class[class]);
            if (count > 0)
                buf_printf(out,
                           "deskfleet_requests_total{operation=\"%s\",status=\"%zuxx\"} %llu\n",
                           metrics->operations[i].id, class, (unsigned long long)count);
        }
    }
}

static void write_durations(struct api_metrics *metrics, struct buf *out)
{
    uint64_t sum = 0;
    buf_append_str(out, STR("# HELP deskfleet_request_seconds Time from request to answer.\n"
                            "# TYPE deskfleet_request_seconds histogram\n"));
    for (size_t i = 0; i < BUCKETS; i++) {
        sum += get(&metrics->buckets[i]);
        if (i < countof(bounds_us))
            buf_printf(out, "deskfleet_request_seconds_bucket{le=\"%g\"} %llu\n",
                       (double)bounds_us[i] / 1e6, (unsigned long long)sum);
        else
            buf_printf(out, "deskfleet_request_seconds_bucket{le=\"+Inf\"} %llu\n",
                       (unsigned long long)sum);
    }
    buf_printf(out, "deskfleet_request_seconds_sum %.6f\n",
               (double)get(&metrics->duration_us) / 1e6);
    buf_printf(out, "deskfleet_request_seconds_count %llu\n", (unsigned long long)sum);
}

struct reading {
    const char *name;
    const char *type;
    const char *help;
    uint64_t value;
};

static void write_readings(const struct reading *readings, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", readings[i].name, readings[i].help,
                   readings[i].name, readings[i].type, readings[i].name,
                   (unsigned long long)readings[i].value);
}

void api_metrics_write(struct api *api, struct buf *out)
{
    struct http_server_stats http;
    http_server_stats_read(api->http, &http);
    const struct reading readings[] = {
        {"deskfleet_drivers_connected", "gauge", "Drivers with an open tunnel.",
         tunnel_count(api->tunnel)},
        {"deskfleet_jobs_waiting", "gauge", "Requests waiting for a worker.",
         worker_pool_waiting(api->workers)},
        {"deskfleet_request_logs_dropped_total", "counter",
         "Request log rows dropped because the batch was full.",
         request_log_batch_dropped(api->request_logs)},
        {"deskfleet_storage_has_space", "gauge", "0 below the low-disk watermark.",
         store_has_space(api->store)},
        {"deskfleet_connections_open", "gauge", "Open network connections.", http.connections_open},
        {"deskfleet_websockets_open", "gauge", "Open WebSockets.", http.websockets_open},
        {"deskfleet_connections_accepted_total", "counter", "Accepted connections.",
         http.connections_accepted},
        {"deskfleet_connections_refused_total", "counter", "Connections over the limit.",
         http.connections_refused},
        {"deskfleet_http_malformed_total", "counter", "Requests refused as malformed.",
         http.parse_errors},
        {"deskfleet_http_timeouts_total", "counter", "Connections cut off as too slow.",
         http.timeouts},
        {"deskfleet_received_bytes_total", "counter", "Bytes received.", http.bytes_in},
        {"deskfleet_sent_bytes_total", "counter", "Bytes sent.", http.bytes_out},
    };
    write_requests(api->metrics, out);
    write_durations(api->metrics, out);
    write_readings(readings, countof(readings), out);
}
