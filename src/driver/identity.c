#include "driver/identity.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"

#define CONFIG_MAX 4096

static const struct json_limits config_limits = {.depth = 4, .values = 100};

static bool default_dir(struct arena *arena, struct str *ret_dir, struct err *err)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (base && base[0] == '/')
        *ret_dir = arena_printf(arena, "%s/deskfleet-driver", base);
    else if (home && home[0] == '/')
        *ret_dir = arena_printf(arena, "%s/.config/deskfleet-driver", home);
    else
        return err_set(err, ERR_INVALID, "HOME is not set; give --config-dir");
    return true;
}

/* Makes the folder and the folders above it. `path` is changed on the way and restored. */
static bool make_dirs(char *path, struct err *err)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int status = mkdir(path, 0700);
        *slash = '/';
        if (status != 0 && errno != EEXIST)
            return err_set_errno(err, ERR_INTERNAL, errno, "cannot make %s", path);
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_INTERNAL, errno, "cannot make %s", path);
    return true;
}

static bool store(const char *path, const struct identity *identity, struct err *err)
{
    struct buf out;
    buf_init(&out, CONFIG_MAX);
    struct json_writer w = jw_to(&out);
    jw_object_begin(&w);
    jw_field_str(&w, "version", STR(DESKFLEET_VERSION));
    jw_field_str(&w, "fingerprint", uuid_str(&identity->fingerprint));
    jw_object_end(&w);
    buf_append_char(&out, '\n');
    bool stored = file_replace(path, buf_str(&out), 0600, err);
    buf_finish(&out);
    return stored;
}

static bool parse(struct str text, struct identity *ret_identity)
{
    struct json_read_error ignored;
    char reason[UUID_REASON_SIZE];
    json_t *json = json_read(text, &config_limits, &ignored);
    const json_t *value = json_object_get(json, "fingerprint");
    struct str fingerprint = str_of(json_string_value(value), json_string_length(value));
    bool valid =
        json_is_string(value) && uuid_parse(fingerprint, &ret_identity->fingerprint, reason);
    json_decref(json);
    return valid;
}

static bool load(const char *path, struct identity *ret_identity, struct err *err)
{
    struct buf text;
    buf_init(&text, CONFIG_MAX);
    bool loaded = file_read(path, &text, err);
    if (loaded && !parse(buf_str(&text), ret_identity))
        loaded =
            err_set(err, ERR_INVALID,
                    "%s holds no fingerprint; repair it, or start once with --new-identity", path);
    buf_finish(&text);
    return loaded;
}

static bool load_or_make(struct arena *arena, const char *dir, bool renew,
                         struct identity *ret_identity, struct err *err)
{
    struct str folder = str_from(dir);
    if (!dir && !default_dir(arena, &folder, err))
        return false;
    char *path = arena_cstr(arena, folder);
    if (!make_dirs(path, err))
        return false;
    const char *config = arena_printf(arena, "%s/config.json", path).ptr;
    if (!renew && access(config, F_OK) == 0)
        return load(config, ret_identity, err);

    struct identity fresh = {uuid_random()};
    if (!store(config, &fresh, err))
        return false;
    *ret_identity = fresh;
    return true;
}

bool identity_load(const char *dir, bool renew, struct identity *ret_identity, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    bool loaded = load_or_make(&arena, dir, renew, ret_identity, err);
    arena_finish(&arena);
    return loaded;
}
