#include "driver/options.h"

#include <stddef.h>

#include "base/macros.h"

#define NAME_MAX_LEN 128 /* of X-Cyberdriver-Name */

struct option_spec {
    const char *name;
    const char *value; /* what --help calls it; NULL for a switch */
    size_t offset;     /* of a const char * or, for a switch, a bool */
    const char *help;
};

static const struct option_spec specs[] = {
    {"--url", "URL", offsetof(struct options, url),
     "the server: https://HOST[:PORT], http://..., wss://..., ws://... or unix:PATH"},
    {"--secret", "KEY", offsetof(struct options, secret),
     "the key to join with; better in DESKFLEET_SECRET, where ps does not show it"},
    {"--name", "NAME", offsetof(struct options, name),
     "what to call this machine (printable ASCII, at most 128 characters)"},
    {"--display", "DISPLAY", offsetof(struct options, display),
     "the X display to drive (default: $DISPLAY)"},
    {"--config-dir", "DIR", offsetof(struct options, config_dir),
     "where the identity is kept (default: ~/.config/deskfleet-driver)"},
    {"--new-identity", NULL, offsetof(struct options, new_identity),
     "forget the kept identity and join as a new machine"},
    {"--once", NULL, offsetof(struct options, once),
     "exit with status 1 instead of connecting again"},
    {"--allow-insecure", NULL, offsetof(struct options, allow_insecure),
     "allow http:// and ws:// to other computers: everything is readable on the way"},
};

void options_print_help(void)
{
    puts("Usage: deskfleet-driver join --url URL --secret KEY [options]\n"
         "       deskfleet-driver --version | --help\n"
         "\n"
         "Connects this desktop to a Deskfleet server and carries out what the server asks:\n"
         "screenshots, keyboard and mouse.\n");
    for (const struct option_spec *spec = specs; spec < specs + countof(specs); spec++) {
        char head[32];
        snprintf(head, sizeof(head), "%s %s", spec->name, spec->value ? spec->value : "");
        printf("  %-22s %s\n", head, spec->help);
    }
    puts("\nExit status: 0 stopped by a signal; 1 cannot start, the X server is gone, or the\n"
         "connection ended under --once; 2 wrong usage; 3 the server rejects the key.");
}

static const struct option_spec *find_spec(struct str name)
{
    for (size_t i = 0; i < countof(specs); i++)
        if (str_eq(str_from(specs[i].name), name))
            return &specs[i];
    return NULL;
}

/* Reads "--name value", "--name=value" or "--switch"; *at is moved to the last word used. */
static bool read_option(int argc, char **argv, int *at, struct options *options, struct err *err)
{
    struct str word = str_from(argv[*at]);
    ptrdiff_t equals = str_find(word, '=');
    struct str name = equals < 0 ? word : str_slice(word, 0, (size_t)equals);
    const struct option_spec *spec = find_spec(name);
    if (!spec)
        return err_set(err, ERR_INVALID, "unknown option %.*s", STR_FMT(name));

    void *slot = (char *)options + spec->offset;
    if (!spec->value && equals >= 0)
        return err_set(err, ERR_INVALID, "%s takes no value", spec->name);
    if (!spec->value)
        *(bool *)slot = true;
    else if (equals >= 0)
        *(const char **)slot = argv[*at] + equals + 1;
    else if (*at + 1 < argc)
        *(const char **)slot = argv[++*at];
    else
        return err_set(err, ERR_INVALID, "%s needs a value", spec->name);
    return true;
}

static bool is_loopback(const char *host)
{
    struct str name = str_from(host);
    return str_eq_nocase(name, STR("localhost")) || str_eq(name, STR("::1")) ||
           str_starts_with(name, STR("127."));
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            return false;
    return true;
}

static bool read_url(struct options *options, struct err *err)
{
    struct str prefix;
    if (!ws_endpoint_parse(str_from(options->url), &options->endpoint, &prefix, err))
        return false;
    if (str_ends_with(prefix, STR("/")))
        prefix.len--;
    int len =
        snprintf(options->target, sizeof(options->target), "%.*s%s", STR_FMT(prefix), TUNNEL_PATH);
    if (len >= (int)sizeof(options->target) || !is_printable(options->target))
        return err_set(err, ERR_INVALID, "the path in --url is too long or not plain ASCII");
    return true;
}

static bool check(struct options *options, struct err *err)
{
    if (!options->url)
        return err_set(err, ERR_INVALID, "--url is missing");
    if (!read_url(options, err))
        return false;
    bool local = options->endpoint.port == 0;
    if (!options->secret && !local)
        return err_set(err, ERR_INVALID, "--secret is missing (or set DESKFLEET_SECRET)");
    if (options->secret && (!options->secret[0] || !is_printable(options->secret)))
        return err_set(err, ERR_INVALID, "the secret is empty or not plain ASCII");
    if (options->name &&
        (!options->name[0] || strlen(options->name) > NAME_MAX_LEN || !is_printable(options->name)))
        return err_set(err, ERR_INVALID, "--name must be 1 to %d printable ASCII characters",
                       NAME_MAX_LEN);
    if (!local && !options->endpoint.tls && !options->allow_insecure &&
        !is_loopback(options->endpoint.host))
        return err_set(err, ERR_INVALID,
                       "%s would send the key unencrypted; use https, or --allow-insecure",
                       options->url);
    return true;
}

static bool asks_for(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

bool options_parse(int argc, char **argv, struct options *ret_options, struct err *err)
{
    const char *secret = getenv("DESKFLEET_SECRET");
    struct options options = {.secret = secret && secret[0] ? secret : NULL};
    if (asks_for(argc, argv, "--help")) {
        ret_options->action = ACTION_HELP;
        return true;
    }
    if (asks_for(argc, argv, "--version")) {
        ret_options->action = ACTION_VERSION;
        return true;
    }
    if (argc < 2 || strcmp(argv[1], "join") != 0)
        return err_set(err, ERR_INVALID, "the first word must be the command 'join'");
    for (int at = 2; at < argc; at++)
        if (!read_option(argc, argv, &at, &options, err))
            return false;
    if (!check(&options, err))
        return false;
    *ret_options = options;
    return true;
}
