/* The frames of the tunnel: a request or an answer is a text message with its meta (JSON), binary
 * messages with the body, and the text message "end" (contracts of Cyberdriver 0.0.39 to 1.x). */
#ifndef TUNNEL_FRAME_H
#define TUNNEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define FRAME_META_CEILING (64u * 1024)
#define FRAME_END          STR("end")

struct frame_request {
    struct str request_id;
    struct str method;
    struct str path;            /* with the leading slash: older drivers need it */
    struct str query;           /* without the '?'; null is written as "" */
    struct str content_type;    /* or null */
    struct str idempotency_key; /* or null */
};

/* Appends the meta. Neither Content-Length nor hop-by-hop headers go in: drivers trip over them. */
void frame_write_request(struct buf *out, const struct frame_request *request);

/* Puts one answer together. States: between answers, or inside one. */
struct frame_answer {
    bool open;    /* a meta has come, its end has not */
    bool unasked; /* set by the caller when nobody waits for this answer: its body is thrown away */
    int status;
    char request_id[64];
    char content_type[128]; /* empty when there was none */
    struct buf body;
};

enum frame_result {
    FRAME_MORE,     /* go on */
    FRAME_COMPLETE, /* `answer` is one whole answer until the next call */
    FRAME_BROKEN,   /* no tunnel speaks like that: close */
    FRAME_TOO_BIG,  /* the body passes its ceiling: close */
};

void frame_answer_init(struct frame_answer *answer, size_t body_ceiling);
void frame_answer_finish(struct frame_answer *answer);

/* A binary message, or an "end", outside an answer is passed over, as drivers do. A second meta
 * inside an answer replaces the first: that one will never be finished. */
enum frame_result frame_answer_text(struct frame_answer *answer, struct str text);
enum frame_result frame_answer_binary(struct frame_answer *answer, struct str bytes);

#endif
