#include "api/include.h"

static bool add_word(struct str word, const char *const *names, unsigned *mask)
{
    for (unsigned i = 0; names[i]; i++) {
        if (str_eq(word, str_from(names[i]))) {
            *mask |= 1u << i;
            return true;
        }
    }
    return false;
}

bool include_parse(struct call *call, const char *const *names, unsigned *ret_mask)
{
    struct str rest = checked_query_str(&call->checked, "include"), word;
    *ret_mask = 0;
    while (str_split(&rest, ',', &word)) {
        word = str_trim(word);
        if (word.len == 0 || add_word(word, names, ret_mask))
            continue;
        struct err err;
        err_set(&err, ERR_INVALID, "Cannot include '%.*s' here", STR_FMT(word));
        call_fail(call, &err);
        return false;
    }
    return true;
}
