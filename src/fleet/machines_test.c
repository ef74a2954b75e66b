#include "fleet/machines.h"

#include "base/clock.h"
#include "fleet/presence.h"
#include "store/events.h"
#include "store/test_store.h"

#define SESSION_1 STR("550e8400-e29b-41d4-a716-446655440001")
#define SESSION_2 STR("550e8400-e29b-41d4-a716-446655440002")

static const struct principal caller = {
    {"org_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 36}, {"key_1", 5}, SCOPE_ALL & ~SCOPE_ADMIN};

/* One change in a transaction of its own. */
static bool change(struct test_store *t, struct str id, struct machine_change what,
                   struct machine_row *ret_row, struct err *err)
{
    bool ok =
        machine_update(test_write(t), &t->arena, &caller, id, &what, clock_now_us(), ret_row, err);
    return test_commit(t) && ok;
}

static struct machine_row make(struct test_store *t)
{
    struct machine_new new = {
        .id = uuid_new(), .fingerprint = STR("fp"), .unkey_key_id = STR("key_1")};
    struct machine_row row;
    struct err err;
    assert_true(machine_create(test_write(t), &t->arena, t->store, &caller, &new, clock_now_us(),
                               &row, &err));
    assert_true(test_commit(t));
    return row;
}

static struct machine_row read_back(struct test_store *t, struct str id)
{
    struct machine_row row;
    struct err err;
    assert_true(machine_get(test_read(t), &t->arena, ORG_A, id, &row, &err));
    reader_end(t->reader);
    return row;
}

static struct presence connect_driver(struct test_store *t, const struct principal *principal,
                                      bool *ret_ok)
{
    struct presence presence = {.machine_id = uuid_new(), .connection_id = uuid_new()};
    memcpy(presence.organization_id, ORG_A.ptr, ORG_A.len);
    struct driver_hello hello = {.fingerprint = STR("fp"), .name = STR("from the driver")};
    struct err err;
    *ret_ok = presence_connect(test_write(t), &t->arena, t->store, principal, STR("server"), &hello,
                               clock_now_us(), &presence, &err);
    assert_true(test_commit(t));
    return presence;
}

static void a_reservation_holds_against_other_sessions(void **state)
{
    struct test_store *t = *state;
    struct machine_row row = make(t);
    struct err err;
    assert_true(change(
        t, row.id,
        (struct machine_change){.reserved_session_id = {true, SESSION_1}, .last_seen = CLOCK_NONE},
        &row, &err));
    assert_true(change(
        t, row.id,
        (struct machine_change){.reserved_session_id = {true, SESSION_1}, .last_seen = CLOCK_NONE},
        &row, &err));
    assert_false(change(t, row.id,
                        (struct machine_change){.reserved_session_id = {true, SESSION_2},
                                                .name = {true, STR("never")},
                                                .last_seen = CLOCK_NONE},
                        &row, &err));
    assert_int_equal(err.kind, ERR_INVALID);
    assert_true(str_is_null(read_back(t, row.id).name)); /* nothing is half done */
    assert_true(change(
        t, row.id,
        (struct machine_change){.reserved_session_id = {true, STR_NULL}, .last_seen = CLOCK_NONE},
        &row, &err));
    assert_true(str_is_null(read_back(t, row.id).reserved_session_id));
}

static void availability_is_derived(void **state)
{
    (void)state;
    struct machine_row row = {.is_connected = true, .accepts_runs = true};
    assert_true(machine_is_available(&row));
    struct machine_row off = row, refusing = row, reserved = row, broken = row;
    off.is_connected = false;
    refusing.accepts_runs = false;
    reserved.reserved_session_id = SESSION_1;
    broken.out_of_service = true;
    assert_false(machine_is_available(&off));
    assert_false(machine_is_available(&refusing));
    assert_false(machine_is_available(&reserved));
    assert_false(machine_is_available(&broken));
    assert_int_equal(machine_status(&row), MACHINE_CONNECTED);
    assert_int_equal(machine_status(&off), MACHINE_DISCONNECTED);
    assert_int_equal(machine_status(&broken), MACHINE_ERROR);
}

static void observed_facts_win_over_patches(void **state)
{
    struct test_store *t = *state;
    struct machine_row row = make(t);
    struct err err;
    int64_t now = clock_now_us();
    struct machine_change seen = {.last_seen = now + 60 * US_PER_SECOND};
    assert_true(change(t, row.id, seen, &row, &err));
    assert_true(read_back(t, row.id).last_seen <= now); /* not in the future */
    seen.last_seen = 1000;
    assert_true(change(t, row.id, seen, &row, &err));
    assert_int_equal(read_back(t, row.id).last_seen, 1000);
    bool ok;
    connect_driver(t, &caller, &ok);
    assert_true(ok);
    assert_true(change(t, row.id, seen, &row, &err));
    assert_true(read_back(t, row.id).last_seen >= now); /* the driver knows better */
}

static void a_drivers_name_gives_way_to_the_apis(void **state)
{
    struct test_store *t = *state;
    struct machine_row row = make(t);
    struct err err;
    bool ok;
    connect_driver(t, &caller, &ok);
    assert_str_equal(read_back(t, row.id).name, "from the driver");
    struct machine_change rename = {.name = {true, STR("mine")}, .last_seen = CLOCK_NONE};
    assert_true(change(t, row.id, rename, &row, &err));
    connect_driver(t, &caller, &ok);
    assert_str_equal(read_back(t, row.id).name, "mine");
    rename.name.value = STR_NULL;
    assert_true(change(t, row.id, rename, &row, &err));
    connect_driver(t, &caller, &ok);
    assert_str_equal(read_back(t, row.id).name, "from the driver");
}

static void a_fingerprint_belongs_to_the_key_that_joined(void **state)
{
    struct test_store *t = *state;
    struct principal other = caller, admin = caller;
    other.key_id = STR("key_2");
    admin.key_id = STR("key_3");
    admin.scopes = SCOPE_ALL;
    bool ok;
    connect_driver(t, &caller, &ok);
    assert_true(ok);
    connect_driver(t, &other, &ok);
    assert_false(ok);
    connect_driver(t, &admin, &ok);
    assert_true(ok);
    connect_driver(t, &caller, &ok);
    assert_true(ok);
    struct event_row *events;
    size_t count = events_after(test_read(t), &t->arena, ORG_A, 0, 100, &events);
    reader_end(t->reader);
    size_t refusals = 0;
    for (size_t i = 0; i < count; i++)
        refusals += str_eq(events[i].type, STR("machine.join_refused"));
    assert_int_equal(refusals, 1);
}

static void a_late_close_does_not_disconnect_a_newer_connection(void **state)
{
    struct test_store *t = *state;
    bool ok;
    struct presence first = connect_driver(t, &caller, &ok);
    struct presence second = connect_driver(t, &caller, &ok);
    struct str id = uuid_str(&second.machine_id);
    assert_true(str_eq(id, uuid_str(&first.machine_id)));
    presence_disconnect(test_write(t), &first, clock_now_us());
    assert_true(test_commit(t));
    assert_true(read_back(t, id).is_connected);
    presence_disconnect(test_write(t), &second, clock_now_us());
    assert_true(test_commit(t));
    assert_false(read_back(t, id).is_connected);
}

int main(void)
{
#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, test_store_setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_reservation_holds_against_other_sessions),
        cmocka_unit_test(availability_is_derived),
        WITH_STORE(observed_facts_win_over_patches),
        WITH_STORE(a_drivers_name_gives_way_to_the_apis),
        WITH_STORE(a_fingerprint_belongs_to_the_key_that_joined),
        WITH_STORE(a_late_close_does_not_disconnect_a_newer_connection),
    };
    return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
