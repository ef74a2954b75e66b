/* The document that the tests of this layer share: testdata/sample.openapi.json. */
#ifndef CONTRACT_SAMPLE_H
#define CONTRACT_SAMPLE_H

#include <stdio.h>

#include "base/buf.h"
#include "base/test.h"
#include "contract/contract.h"

static inline void sample_read(struct buf *out)
{
    FILE *file = fopen(SAMPLE_DOCUMENT, "r");
    assert_non_null(file);
    char piece[4096];
    size_t len;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        assert_true(buf_append(out, piece, len));
    fclose(file);
}

static inline struct contract *sample_load(void)
{
    struct buf text;
    struct err err = {0};
    buf_init(&text, 1024 * 1024);
    sample_read(&text);
    struct contract_source source = {"sample", buf_str(&text)};
    struct contract *contract = contract_load(&source, 1, &err);
    if (!contract)
        fail_msg("%s", err.message);
    buf_finish(&text);
    return contract;
}

#endif
