#include "net/http_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define UNIX_PREFIX STR("unix:")

static void close_fds(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
}

/* --- TCP --- */

static bool set_on(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* The first socket is bound alone, so that an address somebody else listens on is refused; only
 * then may ours share it. TCP_NODELAY is inherited by what is accepted. */
static int bind_tcp(const struct sockaddr *address, socklen_t size, bool first)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool ok = set_on(fd, SOL_SOCKET, SO_REUSEADDR) && set_on(fd, IPPROTO_TCP, TCP_NODELAY) &&
              (first || set_on(fd, SOL_SOCKET, SO_REUSEPORT)) && bind(fd, address, size) == 0 &&
              set_on(fd, SOL_SOCKET, SO_REUSEPORT);
    if (ok)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool bind_tcp_all(const struct addrinfo *found, unsigned count, int *ret_fds,
                         uint16_t *ret_port)
{
    struct sockaddr_storage bound;
    socklen_t size = found->ai_addrlen;
    memcpy(&bound, found->ai_addr, size);
    for (unsigned i = 0; i < count; i++) {
        ret_fds[i] = bind_tcp((const struct sockaddr *)&bound, size, i == 0);
        if (ret_fds[i] < 0) {
            int error = errno;
            close_fds(ret_fds, i);
            errno = error;
            return false;
        }
        /* Port 0 becomes a real one with the first socket. */
        socklen_t room = sizeof(bound);
        getsockname(ret_fds[i], (struct sockaddr *)&bound, &room);
    }
    /* The port lies at the same place in both families. */
    *ret_port = ntohs(((const struct sockaddr_in *)&bound)->sin_port);
    return true;
}

/* "HOST:PORT", where HOST may be empty or an IPv6 address in brackets. */
static bool split_address(const char *address, char host[256], char port[8])
{
    const char *colon = strrchr(address, ':');
    if (!colon)
        return false;
    struct str name = str_of(address, (size_t)(colon - address));
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = str_slice(name, 1, name.len - 1);
    int64_t number;
    if (name.len >= 256 || !str_to_i64(str_from(colon + 1), &number) || number < 0 ||
        number > UINT16_MAX)
        return false;
    snprintf(host, 256, "%.*s", STR_FMT(name));
    snprintf(port, 8, "%u", (unsigned)number);
    return true;
}

static bool bind_host(const char *address, unsigned count, int *ret_fds, uint16_t *ret_port,
                      struct err *err)
{
    char host[256], port[8];
    if (!split_address(address, host, port))
        return err_set(err, ERR_INVALID, "%s is not an address of the form HOST:PORT", address);
    const char *node = host[0] ? host : "0.0.0.0";
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    int error = getaddrinfo(node, port, &hints, &found);
    if (error != 0)
        return err_set(err, ERR_INVALID, "cannot listen on %s: %s", address, gai_strerror(error));
    bool bound = bind_tcp_all(found, count, ret_fds, ret_port);
    error = errno;
    freeaddrinfo(found);
    if (!bound)
        return err_set_errno(err, ERR_UNAVAILABLE, error, "cannot listen on %s", address);
    return true;
}

/* --- Unix sockets --- */

/* A socket file left by a process that was killed: nobody answers there. */
static void remove_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno == ECONNREFUSED)
        unlink(address->sun_path);
    close(fd);
}

/* Nobody can connect before listen(), so the mode is in force in time. */
static bool bind_unix_fd(int fd, const struct sockaddr_un *address)
{
    return bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
           chmod(address->sun_path, 0600) == 0;
}

/* One socket for all loops: whoever is awake takes the connection. */
static bool bind_unix(const char *path, unsigned count, int *ret_fds, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(address.sun_path))
        return err_set(err, ERR_INVALID, "the path of a unix socket has 1 to %zu characters",
                       sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, len);
    remove_stale(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !bind_unix_fd(fd, &address)) {
        err_set_errno(err, ERR_UNAVAILABLE, errno, "cannot listen on unix:%s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    ret_fds[0] = fd;
    for (unsigned i = 1; i < count; i++) {
        ret_fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (ret_fds[i] < 0) {
            err_set_errno(err, ERR_UNAVAILABLE, errno, "cannot listen on unix:%s", path);
            close_fds(ret_fds, i);
            return false;
        }
    }
    return true;
}

bool http_listen_bind(const char *address, unsigned count, int *ret_fds, uint16_t *ret_port,
                      struct err *err)
{
    if (!str_starts_with(str_from(address), UNIX_PREFIX))
        return bind_host(address, count, ret_fds, ret_port, err);
    if (!bind_unix(address + UNIX_PREFIX.len, count, ret_fds, err))
        return false;
    *ret_port = 0;
    return true;
}

void http_listen_remove(const char *address)
{
    if (str_starts_with(str_from(address), UNIX_PREFIX))
        unlink(address + UNIX_PREFIX.len);
}
