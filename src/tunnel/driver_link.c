#include "tunnel/driver_link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

/* A request on which the driver still works, though nobody waits for it. */
struct given_up {
    struct list_node node;
    char request_id[sizeof(((struct frame_answer *)0)->request_id)];
};

static void run_close(struct net_task *task);
static void stuck(struct net_timer *timer);
static void pump(struct driver_link *link);

struct driver_link *driver_link_create(struct tunnel *tunnel, const struct presence *presence,
                                       int parallel, size_t body_ceiling, struct net_loop *loop)
{
    struct driver_link *link = MEM_NEW(struct driver_link);
    atomic_init(&link->references, 1);
    link->tunnel = tunnel;
    link->presence = *presence;
    link->parallel = parallel;
    link->loop = loop;
    link->close_task.run = run_close;
    frame_answer_init(&link->answer, body_ceiling);
    list_init(&link->waiting);
    list_init(&link->in_flight);
    list_init(&link->given_up);
    list_init(&link->lost);
    timer_init(&link->stuck_timer, stuck);
    driver_link_heard(link);
    link->flushed_us = link->heard_us;
    return link;
}

struct driver_link *driver_link_ref(struct driver_link *link)
{
    atomic_fetch_add(&link->references, 1);
    return link;
}

void driver_link_unref(struct driver_link *link)
{
    if (atomic_fetch_sub(&link->references, 1) > 1)
        return;
    frame_answer_finish(&link->answer);
    list_for_each (node, &link->given_up)
        free(container_of(node, struct given_up, node));
    free(link);
}

void driver_link_heard(struct driver_link *link)
{
    atomic_store_explicit(&link->heard_us, clock_now_us(), memory_order_relaxed);
}

/* --- ending requests --- */

static void finish(struct desktop_request *request, const struct desktop_answer *answer)
{
    timer_cancel(&request->timer);
    list_remove(&request->node);
    request->done(request, answer);
}

static void fail(struct desktop_request *request, enum desktop_outcome outcome)
{
    struct desktop_answer answer = {.outcome = outcome, .was_sent = request->was_sent};
    finish(request, &answer);
}

/* The driver still works on a request whose caller is gone; its place stays taken until it answers,
 * since the older drivers cannot be told to stop. */
static void give_up(struct driver_link *link, const struct desktop_request *request)
{
    struct given_up *given_up = MEM_NEW(struct given_up);
    snprintf(given_up->request_id, sizeof(given_up->request_id), "%.*s",
             STR_FMT(request->request_id));
    list_append(&link->given_up, &given_up->node);
    timer_set(net_loop_timers(link->loop), &link->stuck_timer, LINK_STUCK_MS);
    if (link->answer.open && str_eq(str_from(link->answer.request_id), request->request_id)) {
        link->answer.unasked = true;
        buf_finish(&link->answer.body);
    }
}

static void timed_out(struct net_timer *timer)
{
    struct desktop_request *request = container_of(timer, struct desktop_request, timer);
    struct driver_link *link = request->link;
    if (request->was_sent)
        give_up(link, request);
    else
        link->waiting_count--;
    fail(request, DESKTOP_TIMEOUT);
}

static void stuck(struct net_timer *timer)
{
    struct driver_link *link = container_of(timer, struct driver_link, stuck_timer);
    driver_link_close(link, WS_CLOSE_POLICY);
}

/* --- sending --- */

static bool send_frames(struct driver_link *link, struct desktop_request *request)
{
    struct frame_request frame = {
        .request_id = request->request_id,
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .content_type = request->content_type,
        .idempotency_key = request->idempotency_key,
    };
    struct buf meta;
    buf_init(&meta, FRAME_META_CEILING);
    frame_write_request(&meta, &frame);
    request->was_sent = !meta.overflowed && ws_send(link->ws, WS_TEXT, buf_str(&meta));
    bool sent = request->was_sent &&
                (request->body.len == 0 || ws_send(link->ws, WS_BINARY, request->body)) &&
                ws_send(link->ws, WS_TEXT, FRAME_END);
    buf_finish(&meta);
    return sent;
}

static void send_next(struct driver_link *link)
{
    struct desktop_request *request =
        container_of(link->waiting.next, struct desktop_request, node);
    list_remove(&request->node);
    link->waiting_count--;
    list_append(&link->in_flight, &request->node);
    link->busy++;
    /* Half a frame cannot be taken back, so a driver that does not read loses its connection. */
    if (!send_frames(link, request))
        driver_link_close(link, WS_CLOSE_POLICY);
}

static void pump(struct driver_link *link)
{
    while (link->ws && link->close_code == 0 && link->busy < link->parallel &&
           !list_is_empty(&link->waiting) && ws_queued(link->ws) <= LINK_QUEUED_BYTES / 2)
        send_next(link);
}

void driver_link_drained(struct driver_link *link)
{
    pump(link);
}

void driver_link_submit(struct driver_link *link, struct desktop_request *request)
{
    request->link = link;
    list_init(&request->node);
    timer_init(&request->timer, timed_out);
    if (link->closed) {
        fail(request, DESKTOP_NOT_CONNECTED);
        return;
    }
    if (link->waiting_count >= LINK_QUEUE_CEILING) {
        fail(request, DESKTOP_BUSY);
        return;
    }
    list_append(&link->waiting, &request->node);
    link->waiting_count++;
    timer_set(net_loop_timers(link->loop), &request->timer, request->timeout_ms);
    pump(link);
}

/* --- receiving --- */

static struct desktop_request *find_in_flight(struct driver_link *link, struct str request_id)
{
    list_for_each (node, &link->in_flight) {
        struct desktop_request *request = container_of(node, struct desktop_request, node);
        if (str_eq(request->request_id, request_id))
            return request;
    }
    return NULL;
}

/* False when the driver was not working on a request of this id: then no place is freed. */
static bool forget_given_up(struct driver_link *link, struct str request_id)
{
    list_for_each (node, &link->given_up) {
        struct given_up *given_up = container_of(node, struct given_up, node);
        if (!str_eq(str_from(given_up->request_id), request_id))
            continue;
        list_remove(node);
        free(given_up);
        if (list_is_empty(&link->given_up))
            timer_cancel(&link->stuck_timer);
        return true;
    }
    return false;
}

static void deliver(struct driver_link *link)
{
    struct str request_id = str_from(link->answer.request_id);
    struct desktop_request *request = find_in_flight(link, request_id);
    if (request || forget_given_up(link, request_id))
        link->busy--;
    if (request) {
        struct desktop_answer answer = {
            .outcome = DESKTOP_ANSWERED,
            .was_sent = true,
            .status = link->answer.status,
            .content_type =
                link->answer.content_type[0] ? str_from(link->answer.content_type) : STR_NULL,
            .body = buf_str(&link->answer.body),
        };
        finish(request, &answer);
    }
    buf_finish(&link->answer.body);
    pump(link);
}

/* A driver cannot make the server keep what nobody asked for. */
static enum frame_result take_text(struct driver_link *link, struct str text)
{
    enum frame_result result = frame_answer_text(&link->answer, text);
    if (result == FRAME_MORE && link->answer.open)
        link->answer.unasked = !find_in_flight(link, str_from(link->answer.request_id));
    return result;
}

void driver_link_message(struct driver_link *link, enum ws_opcode opcode, struct str payload)
{
    driver_link_heard(link);
    enum frame_result result =
        opcode == WS_TEXT ? take_text(link, payload) : frame_answer_binary(&link->answer, payload);
    if (result == FRAME_COMPLETE)
        deliver(link);
    else if (result == FRAME_BROKEN)
        driver_link_close(link, WS_CLOSE_PROTOCOL);
    else if (result == FRAME_TOO_BIG)
        driver_link_close(link, WS_CLOSE_TOO_BIG);
}

/* --- opening and closing --- */

void driver_link_opened(struct driver_link *link, struct ws *ws)
{
    link->ws = ws;
    if (link->close_code != 0)
        ws_close(ws, link->close_code, STR(""));
    else
        pump(link);
}

void driver_link_closed(struct driver_link *link)
{
    link->ws = NULL;
    link->closed = true;
    timer_cancel(&link->stuck_timer);
    list_for_each (node, &link->in_flight)
        fail(container_of(node, struct desktop_request, node), DESKTOP_GONE);
    list_for_each (waiting, &link->waiting)
        fail(container_of(waiting, struct desktop_request, node), DESKTOP_GONE);
    link->waiting_count = 0;
}

static void run_close(struct net_task *task)
{
    struct driver_link *link = container_of(task, struct driver_link, close_task);
    if (link->ws)
        ws_close(link->ws, link->close_code, STR(""));
    driver_link_unref(link);
}

void driver_link_close(struct driver_link *link, int code)
{
    int nobody = 0;
    if (!atomic_compare_exchange_strong(&link->close_code, &nobody, code))
        return;
    net_loop_post(link->loop, &driver_link_ref(link)->close_task);
}
