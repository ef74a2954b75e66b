#include "base/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/macros.h"
#include "driver/identity.h"

struct folder {
    char root[64];
    char dir[256];
    char config[320];
};

static struct folder folder;

static int set_up(void **state UNUSED)
{
    snprintf(folder.root, sizeof(folder.root), "/tmp/identity_test.XXXXXX");
    if (!mkdtemp(folder.root))
        return -1;
    snprintf(folder.dir, sizeof(folder.dir), "%s/deeper/still", folder.root);
    snprintf(folder.config, sizeof(folder.config), "%s/config.json", folder.dir);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    char middle[128];
    snprintf(middle, sizeof(middle), "%s/deeper", folder.root);
    unlink(folder.config);
    rmdir(folder.dir);
    rmdir(middle);
    return rmdir(folder.root);
}

static struct identity load(bool renew)
{
    struct identity identity = {0};
    struct err err = {0};
    bool loaded = identity_load(folder.dir, renew, &identity, &err);
    assert_string_equal(err.message, "");
    assert_true(loaded);
    return identity;
}

static void test_is_kept(void **state UNUSED)
{
    struct identity first = load(false), again = load(false);
    assert_string_equal(first.fingerprint.text, again.fingerprint.text);
    assert_int_equal(first.fingerprint.text[14], '4'); /* version 4 */

    struct stat status;
    assert_int_equal(stat(folder.config, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(folder.dir, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void test_is_renewed(void **state UNUSED)
{
    struct identity first = load(false), renewed = load(true), again = load(false);
    assert_string_not_equal(first.fingerprint.text, renewed.fingerprint.text);
    assert_string_equal(renewed.fingerprint.text, again.fingerprint.text);
}

static void test_damage_is_an_error(void **state UNUSED)
{
    static const char *const damaged[] = {
        "", "{", "[]", "{\"fingerprint\":\"\"}", "{\"fingerprint\":7}", "{\"version\":\"1\"}"};
    struct identity identity;
    struct err err;
    load(false);
    for (size_t i = 0; i < countof(damaged); i++) {
        assert_true(file_replace(folder.config, str_from(damaged[i]), 0600, &err));
        assert_false(identity_load(folder.dir, false, &identity, &err));
        assert_non_null(strstr(err.message, "--new-identity"));
    }
    load(true);
    load(false);
}

static void test_default_folder(void **state UNUSED)
{
    char deeper[128];
    struct err err;
    struct identity made, read;
    snprintf(deeper, sizeof(deeper), "%s/deeper", folder.root);
    setenv("XDG_CONFIG_HOME", deeper, 1);
    snprintf(folder.dir, sizeof(folder.dir), "%s/deskfleet-driver", deeper);
    snprintf(folder.config, sizeof(folder.config), "%s/config.json", folder.dir);
    assert_true(identity_load(NULL, false, &made, &err));
    assert_true(identity_load(folder.dir, false, &read, &err));
    assert_string_equal(made.fingerprint.text, read.fingerprint.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_is_renewed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_default_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
