/* The one thread that writes: it owns the writer connection and commits queued writes in groups. */
#ifndef STORE_SQLITE_WRITER_H
#define STORE_SQLITE_WRITER_H

#include "store/sqlite/sqlite.h"

struct writer;

/* Takes the connection over, also on failure. */
MUST_CHECK struct writer *writer_create(struct db *db, struct err *err);

/* Finishes all queued writes, stops the thread and closes the connection. NULL is accepted. */
void writer_destroy(struct writer *writer);

/* See store_submit(). */
MUST_CHECK bool writer_submit(struct writer *writer, struct write *write);

#endif
