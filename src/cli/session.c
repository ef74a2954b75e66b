#include "cli/session.h"

#include "store/organizations.h"

bool session_open(struct session *session, const struct common_options *options, struct err *err)
{
    *session = (struct session){0};
    arena_init(&session->arena);
    if (!options->data_dir)
        return err_set(err, ERR_INVALID, "--data-dir is missing");
    session->dir = data_dir_at(&session->arena, options->data_dir, options->key_file);
    /* No watermark: an operator's verbs must work on a full disk. */
    return data_dir_open(&session->dir, 0, &session->store, &session->keyring, err);
}

void session_close(struct session *session)
{
    if (session->reader)
        reader_close(session->reader);
    store_close(session->store);
    keyring_destroy(session->keyring);
    arena_finish(&session->arena);
}

struct tx *session_read(struct session *session, struct err *err)
{
    if (!session->reader)
        session->reader = reader_open(session->store, err);
    return session->reader ? reader_begin(session->reader) : NULL;
}

bool session_read_end(struct session *session, struct tx *tx, struct err *err)
{
    bool failed = tx_error(tx, err);
    reader_end(session->reader);
    return !failed;
}

static bool choose(struct organization_row *rows, size_t count, const char *name,
                   struct str *ret_id, struct err *err)
{
    if (!name && count > 1)
        return err_set(err, ERR_INVALID, "there are %zu organizations; name one with --org", count);
    for (size_t i = 0; i < count; i++) {
        if (!name || str_eq(rows[i].id, str_from(name))) {
            *ret_id = rows[i].id;
            return true;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no organization %s", name ? name : "");
}

bool session_organization(struct session *session, const char *name, struct str *ret_id,
                          struct err *err)
{
    struct tx *tx = session_read(session, err);
    if (!tx)
        return false;
    struct organization_row *rows;
    size_t count = organizations_list(tx, &session->arena, &rows);
    return session_read_end(session, tx, err) && choose(rows, count, name, ret_id, err);
}
