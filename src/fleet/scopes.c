#include "fleet/scopes.h"

#include "store/keys.h"

static const struct {
    unsigned scope;
    const char *name;
} names[] = {
    {SCOPE_JOIN, "join"},   {SCOPE_READ, "read"},     {SCOPE_CONTROL, "control"},
    {SCOPE_POWER, "power"}, {SCOPE_CREATE, "create"}, {SCOPE_MONEY, "money"},
    {SCOPE_FILES, "files"}, {SCOPE_ADMIN, "admin"},
};

unsigned scope_by_name(struct str name)
{
    for (size_t i = 0; i < countof(names); i++) {
        if (str_eq(name, str_from(names[i].name)))
            return names[i].scope;
    }
    return 0;
}

bool scopes_parse(struct str text, unsigned *ret_scopes, struct err *err)
{
    unsigned scopes = 0;
    struct str word;
    while (str_split(&text, ',', &word)) {
        word = str_trim(word);
        unsigned scope = str_eq(word, STR("all")) ? SCOPE_ALL : scope_by_name(word);
        if (scope == 0)
            return err_set(err, ERR_INVALID,
                           "'%.*s' is no scope (join, read, control, power, create, money, files, "
                           "admin, all)",
                           STR_FMT(word));
        scopes |= scope;
    }
    *ret_scopes = scopes;
    return true;
}

const char *scopes_next(unsigned scopes, unsigned *cursor)
{
    while (*cursor < countof(names)) {
        unsigned at = (*cursor)++;
        if (scopes & names[at].scope)
            return names[at].name;
    }
    return NULL;
}
