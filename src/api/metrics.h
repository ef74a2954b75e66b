/* Counters of the API, as Prometheus text. Counting is lock-free. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "contract/contract.h"

struct api;
struct api_metrics;

struct api_metrics *api_metrics_create(const struct contract *contract);
void api_metrics_destroy(struct api_metrics *metrics);

/* One answered request; `operation` is NULL when none matched. */
void api_metrics_count(struct api_metrics *metrics, const struct operation *operation, int status,
                       int64_t duration_us);

/* Everything the server knows about itself. */
void api_metrics_write(struct api *api, struct buf *out);

#endif
