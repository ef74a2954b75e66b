#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

bool file_read(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot open %s", path);
    char chunk[16384];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof(chunk))) > 0 && buf_append(out, chunk, (size_t)got))
        ;
    int number = errno;
    close(fd);
    if (got < 0)
        return err_set_errno(err, ERR_INVALID, number, "cannot read %s", path);
    if (out->overflowed)
        return err_set(err, ERR_INVALID, "%s is larger than %zu bytes", path, out->ceiling);
    return true;
}

static bool write_synced(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)written, bytes.len);
    }
    return fsync(fd) == 0;
}

/* A new name is durable only when its directory is. */
static bool sync_folder_of(const char *path, struct arena *arena)
{
    int fd = open(dirname(arena_strdup(arena, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

static bool write_beside(const char *path, struct str bytes, unsigned mode, bool may_exist,
                         struct arena *arena, struct err *err)
{
    const char *temporary = arena_printf(arena, "%s.%d.new", path, (int)getpid()).ptr;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot create %s", temporary);
    bool ok = fchmod(fd, mode) == 0 && write_synced(fd, bytes);
    close(fd);
    /* link refuses an existing name, rename replaces it */
    if (ok)
        ok = may_exist ? rename(temporary, path) == 0 : link(temporary, path) == 0;
    int number = errno;
    if (!ok || !may_exist)
        unlink(temporary);
    if (!ok)
        return err_set_errno(err, ERR_INVALID, number, "cannot write %s", path);
    return sync_folder_of(path, arena) ||
           err_set_errno(err, ERR_INVALID, errno, "cannot sync the folder of %s", path);
}

bool file_replace(const char *path, struct str bytes, unsigned mode, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    bool ok = write_beside(path, bytes, mode, true, &arena, err);
    arena_finish(&arena);
    return ok;
}

bool file_create(const char *path, struct str bytes, unsigned mode, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    bool ok = write_beside(path, bytes, mode, false, &arena, err);
    arena_finish(&arena);
    return ok;
}
