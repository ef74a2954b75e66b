#include "base/test.h"

#include "base/macros.h"
#include "driver/options.h"

#define WORDS_MAX 8

static bool parse(const char *const words[WORDS_MAX], struct options *options, struct err *err)
{
    int argc = 0;
    char *argv[WORDS_MAX + 2] = {0};
    argv[argc++] = strdup("deskfleet-driver");
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
        argv[argc++] = strdup(words[i]);
    bool parsed = options_parse(argc, argv, options, err);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return parsed;
}

static const struct {
    const char *words[WORDS_MAX];
    const char *complaint; /* part of it */
} wrong[] = {
    {{NULL}, "join"},
    {{"leave"}, "join"},
    {{"join"}, "--url"},
    {{"join", "--url"}, "needs a value"},
    {{"join", "--url", "https://a"}, "--secret"},
    {{"join", "--url", "https://a", "--secret", ""}, "secret"},
    {{"join", "--url", "https://a", "--secret", "a\nb"}, "secret"},
    {{"join", "--url", "gopher://a", "--secret", "k"}, ""},
    {{"join", "--url", "http://example.org", "--secret", "k"}, "--allow-insecure"},
    {{"join", "--url", "ws://10.0.0.1:80", "--secret=k"}, "--allow-insecure"},
    {{"join", "--url=http://localhost", "--secret=k", "--wrong"}, "--wrong"},
    {{"join", "--url=http://localhost", "--secret=k", "--once=1"}, "no value"},
    {{"join", "--url=http://localhost", "--secret=k", "more"}, "more"},
    {{"join", "--url=http://localhost", "--secret=k", "--name", ""}, "--name"},
    {{"join", "--url=http://localhost", "--secret=k", "--name", "caf\xc3\xa9"}, "--name"},
};

static void test_wrong_usage(void **state UNUSED)
{
    for (size_t i = 0; i < countof(wrong); i++) {
        struct options options;
        struct err err = {0};
        assert_false(parse(wrong[i].words, &options, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_non_null(strstr(err.message, wrong[i].complaint));
    }
}

static const struct {
    const char *words[WORDS_MAX];
    const char *host;
    const char *target;
    uint16_t port;
    bool tls;
} right[] = {
    {{"join", "--url", "https://a.example", "--secret", "k"}, "a.example", "/tunnel/ws", 443, true},
    {{"join", "--url", "wss://a:8443/", "--secret", "k"}, "a", "/tunnel/ws", 8443, true},
    {{"join", "--url", "https://a/base/", "--secret", "k"}, "a", "/base/tunnel/ws", 443, true},
    {{"join", "--url", "http://127.0.0.1:8080", "--secret", "k"},
     "127.0.0.1",
     "/tunnel/ws",
     8080,
     false},
    {{"join", "--url", "http://[::1]:8080", "--secret", "k"}, "::1", "/tunnel/ws", 8080, false},
    {{"join", "--url", "ws://b:1", "--secret", "k", "--allow-insecure"},
     "b",
     "/tunnel/ws",
     1,
     false},
    {{"join", "--url", "unix:/run/d.sock"}, "/run/d.sock", "/tunnel/ws", 0, false},
};

static void test_urls(void **state UNUSED)
{
    for (size_t i = 0; i < countof(right); i++) {
        struct options options = {0};
        struct err err = {0};
        bool parsed = parse(right[i].words, &options, &err);
        assert_string_equal(err.message, "");
        assert_true(parsed);
        assert_int_equal(options.action, ACTION_JOIN);
        assert_string_equal(options.endpoint.host, right[i].host);
        assert_string_equal(options.target, right[i].target);
        assert_int_equal(options.endpoint.port, right[i].port);
        assert_int_equal(options.endpoint.tls, right[i].tls);
    }
}

static void test_secret_from_environment(void **state UNUSED)
{
    static const char *const words[WORDS_MAX] = {"join", "--url", "https://a", "--once",
                                                 "--new-identity"};
    struct options options;
    struct err err;
    setenv("DESKFLEET_SECRET", "from-env", 1);
    assert_true(parse(words, &options, &err));
    assert_string_equal(options.secret, "from-env");
    assert_true(options.once);
    assert_true(options.new_identity);
    assert_false(options.allow_insecure);
    unsetenv("DESKFLEET_SECRET");
}

static void test_help_and_version_win(void **state UNUSED)
{
    static const char *const help[WORDS_MAX] = {"join", "--help"};
    static const char *const version[WORDS_MAX] = {"--version"};
    struct options options;
    struct err err;
    assert_true(parse(help, &options, &err));
    assert_int_equal(options.action, ACTION_HELP);
    assert_true(parse(version, &options, &err));
    assert_int_equal(options.action, ACTION_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_secret_from_environment),
        cmocka_unit_test(test_help_and_version_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
