/* Machines: rows, lists, presence. */
#include "store/machines.h"

#include "store/connections.h"
#include "store/pools.h"
#include "store/request_logs.h"
#include "store/secrets.h"
#include "store/test_store.h"

static const struct machine_filter everything = {
    .created_from = CLOCK_NONE, .created_to = CLOCK_NONE, .limit = 100};

static void assert_same(struct str actual, struct str expected)
{
    assert_true(str_is_null(actual) == str_is_null(expected) && str_eq(actual, expected));
}

static void assert_same_machine(const struct machine_row *a, const struct machine_row *b)
{
    assert_same(a->id, b->id);
    assert_same(a->organization_id, b->organization_id);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->seat_number, b->seat_number);
    assert_same(a->fingerprint, b->fingerprint);
    assert_same(a->unkey_key_id, b->unkey_key_id);
    assert_same(a->bound_key_id, b->bound_key_id);
    assert_same(a->name, b->name);
    assert_int_equal(a->name_set_by_api, b->name_set_by_api);
    assert_same(a->version, b->version);
    assert_same(a->hostname, b->hostname);
    assert_same(a->os_info, b->os_info);
    assert_same(a->parameters, b->parameters);
    assert_same(a->sensitive_aliases, b->sensitive_aliases);
    assert_same(a->reserved_session_id, b->reserved_session_id);
    assert_int_equal(a->is_connected, b->is_connected);
    assert_int_equal(a->out_of_service, b->out_of_service);
    assert_int_equal(a->accepts_runs, b->accepts_runs);
    assert_int_equal(a->last_seen, b->last_seen);
    assert_int_equal(a->created_at, b->created_at);
    assert_int_equal(a->updated_at, b->updated_at);
    assert_same(a->linked_keepalive_machine_id, b->linked_keepalive_machine_id);
    assert_same(a->physical_server_id, b->physical_server_id);
    assert_int_equal(a->connection_epoch, b->connection_epoch);
    assert_same(a->user_id, b->user_id);
}

static void every_column_is_kept(void **state)
{
    struct test_store *t = *state;
    struct machine_row full = {
        .id = STR("m1"),
        .organization_id = ORG_A,
        .kind = MACHINE_KIND_MANAGED,
        .seat_number = 7,
        .fingerprint = STR("fp"),
        .unkey_key_id = STR("uk"),
        .bound_key_id = STR("bk"),
        .name = STR("it's \"\xf0\x9f\x96\xa5\" \\ %_"),
        .name_set_by_api = true,
        .version = STR("0.0.39"),
        .hostname = STR(""),
        .os_info = STR("Linux"),
        .parameters = STR("{\"a\":1}"),
        .sensitive_aliases = STR("{\"p\":\"x\"}"),
        .reserved_session_id = STR("s1"),
        .is_connected = true,
        .out_of_service = true,
        .accepts_runs = true,
        .last_seen = -3,
        .created_at = 1,
        .updated_at = 2,
        .linked_keepalive_machine_id = STR("ka"),
        .physical_server_id = STR("srv"),
        .connection_epoch = 4,
        .user_id = STR("u"),
    };
    struct machine_row bare = test_machine(ORG_A, "m2", 5), row;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &full));
    assert_true(machines_insert(tx, &bare));
    assert_true(test_commit(t));
    test_store_reopen(t);
    tx = test_read(t);
    assert_true(machines_get(tx, &t->arena, ORG_A, full.id, &row));
    assert_same_machine(&row, &full);
    assert_true(machines_by_fingerprint(tx, &t->arena, ORG_A, bare.fingerprint, &row));
    assert_same_machine(&row, &bare);
    reader_end(t->reader);
}

static void a_fingerprint_is_unique_in_its_organization_only(void **state)
{
    struct test_store *t = *state;
    struct machine_row a = test_machine(ORG_A, "m1", 1), twin = test_machine(ORG_A, "m2", 1),
                       foreign = test_machine(ORG_B, "m3", 1), seat = test_machine(ORG_B, "m4", 1);
    twin.fingerprint = foreign.fingerprint = a.fingerprint;
    a.seat_number = seat.seat_number = 1;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &a));
    assert_false(machines_insert(tx, &twin));
    assert_true(machines_insert(tx, &foreign));
    assert_false(machines_insert(tx, &seat));
    assert_false(tx_failed(tx));
    assert_true(test_commit(t));
}

static void update_writes_all_but_identity_and_presence(void **state)
{
    struct test_store *t = *state;
    struct machine_row before = test_machine(ORG_A, "m1", 1), row;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &before));
    struct machine_row changed = before;
    changed.unkey_key_id = changed.bound_key_id = changed.name = changed.version = STR("x");
    changed.hostname = changed.os_info = changed.parameters = changed.sensitive_aliases = STR("y");
    changed.reserved_session_id = changed.linked_keepalive_machine_id = changed.user_id = STR("z");
    changed.name_set_by_api = changed.out_of_service = true;
    changed.accepts_runs = false;
    changed.last_seen = changed.updated_at = 99;
    struct machine_row attempt = changed;
    attempt.kind = MACHINE_KIND_MANAGED;
    attempt.seat_number = 5;
    attempt.fingerprint = attempt.physical_server_id = STR("no");
    attempt.is_connected = true;
    attempt.created_at = attempt.connection_epoch = 77;
    assert_true(machines_update(tx, &attempt));
    assert_true(machines_get(tx, &t->arena, ORG_A, before.id, &row));
    assert_same_machine(&row, &changed);
    attempt.organization_id = ORG_B;
    assert_false(machines_update(tx, &attempt));
    assert_true(test_commit(t));
}

static void another_organization_sees_nothing(void **state)
{
    struct test_store *t = *state;
    struct machine_row mine = test_machine(ORG_A, "m1", 1), row;
    struct machine_presence presence = {.physical_server_id = STR("srv")};
    struct machine_page page;
    int64_t epoch;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &mine));
    assert_false(machines_get(tx, &t->arena, ORG_B, mine.id, &row));
    assert_false(machines_by_fingerprint(tx, &t->arena, ORG_B, mine.fingerprint, &row));
    assert_false(machines_delete(tx, ORG_B, mine.id));
    assert_false(machines_set_connected(tx, ORG_B, mine.id, &presence, 2, &epoch));
    assert_true(machines_set_connected(tx, ORG_A, mine.id, &presence, 2, &epoch));
    assert_false(machines_set_disconnected(tx, ORG_B, mine.id, epoch, 3));
    assert_int_equal(machines_count_existing(tx, ORG_B, &mine.id, 1), 0);
    assert_int_equal(machines_count_existing(tx, ORG_A, &mine.id, 1), 1);
    machines_list(tx, &t->arena, ORG_B, &everything, &page);
    assert_int_equal(page.count + (size_t)page.total, 0);
    struct machine_filter search = everything;
    search.status = MACHINE_STATUS_CONNECTED;
    machines_list(tx, &t->arena, ORG_B, &search, &page);
    assert_int_equal(page.count + (size_t)page.total, 0);
    assert_true(machines_get(tx, &t->arena, ORG_A, mine.id, &row));
    assert_true(row.is_connected);
    assert_true(test_commit(t));
}

/* Lists with a filter and compares the ids, in order, and the total. */
static void assert_list(struct test_store *t, struct machine_filter filter, const char *ids,
                        int64_t total)
{
    struct machine_page page;
    machines_list(test_read(t), &t->arena, ORG_A, &filter, &page);
    reader_end(t->reader);
    struct str joined = STR("");
    for (size_t i = 0; i < page.count; i++)
        joined = arena_printf(&t->arena, "%.*s%s%.*s", STR_FMT(joined), i == 0 ? "" : " ",
                              STR_FMT(page.rows[i].id));
    assert_str_equal(joined, ids);
    assert_int_equal(page.total, total);
}

static void insert_listed(struct test_store *t)
{
    static const struct {
        const char *id, *name, *hostname;
        int64_t created_at;
        bool is_connected, out_of_service;
    } rows[] = {
        {"m1", "Front Desk", "HOST-1", 10, true, false},
        {"m2", "100% _real_", NULL, 20, false, false},
        {"m3", NULL, "desk\\three", 30, true, true},
        {"m4", "100 percent", "x", 30, false, false},
        {"m5", "\xf0\x9f\x98\x80 O'Neil", "y", 40, false, true},
    };
    struct tx *tx = test_write(t);
    for (size_t i = 0; i < countof(rows); i++) {
        struct machine_row row = test_machine(ORG_A, rows[i].id, rows[i].created_at);
        row.name = str_from(rows[i].name);
        row.hostname = str_from(rows[i].hostname);
        row.is_connected = rows[i].is_connected;
        row.out_of_service = rows[i].out_of_service;
        assert_true(machines_insert(tx, &row));
    }
    struct machine_row foreign = test_machine(ORG_B, "b1", 25);
    foreign.name = STR("Front Desk");
    assert_true(machines_insert(tx, &foreign));
    assert_true(test_commit(t));
}

static struct machine_filter search_for(struct str text)
{
    struct machine_filter filter = everything;
    filter.search = text;
    return filter;
}

static void lists_are_newest_first_in_pages(void **state)
{
    struct test_store *t = *state;
    insert_listed(t);
    assert_list(t, everything, "m5 m4 m3 m2 m1", 5);
    struct machine_filter page = everything;
    page.limit = 2;
    page.skip = 1;
    assert_list(t, page, "m4 m3", 5);
    page.skip = 4;
    assert_list(t, page, "m1", 5);
    page.skip = 5;
    assert_list(t, page, "", 5);
    page.skip = INT64_MAX;
    assert_list(t, page, "", 5);
    page.search = STR("e");
    page.skip = 1;
    assert_list(t, page, "m4 m3", 5);
}

enum { LISTED = 300, PAGE = 7 };

/* Ids whose order is not that of their creation, many of them created in the same microsecond. */
static int64_t listed_created_at(int number)
{
    return number * 37 % LISTED / 20;
}

static int compare_newest_first(const void *one, const void *other)
{
    int a = *(const int *)one, b = *(const int *)other;
    int64_t a_created = listed_created_at(a), b_created = listed_created_at(b);
    if (a_created != b_created)
        return a_created < b_created ? 1 : -1;
    return b - a;
}

static void insert_many(struct test_store *t)
{
    struct tx *tx = test_write(t);
    for (int number = 0; number < LISTED; number++) {
        const char *id = arena_printf(&t->arena, "m%03d", number).ptr;
        struct machine_row mine = test_machine(ORG_A, id, listed_created_at(number));
        struct machine_row foreign = mine;
        foreign.organization_id = ORG_B;
        foreign.id = arena_printf(&t->arena, "b%03d", number);
        foreign.created_at += number % 3 - 1;
        assert_true(machines_insert(tx, &mine));
        assert_true(machines_insert(tx, &foreign));
    }
    assert_true(test_commit(t));
}

static void every_page_is_that_part_of_the_whole_list(void **state)
{
    struct test_store *t = *state;
    int numbers[LISTED];
    for (int i = 0; i < LISTED; i++)
        numbers[i] = i;
    qsort(numbers, LISTED, sizeof(numbers[0]), compare_newest_first);
    insert_many(t);
    struct machine_filter filter = everything;
    filter.limit = PAGE;
    struct tx *tx = test_read(t);
    for (int skip = 0; skip <= LISTED + PAGE; skip++) {
        struct machine_page page;
        filter.skip = skip;
        machines_list(tx, &t->arena, ORG_A, &filter, &page);
        assert_int_equal(page.total, LISTED);
        assert_int_equal(page.count, MAX_OF(MIN_OF(LISTED - skip, PAGE), 0));
        for (int i = 0; i < (int)page.count; i++) {
            int number = numbers[skip + i];
            char id[8];
            snprintf(id, sizeof(id), "m%03d", number);
            assert_str_equal(page.rows[i].id, id);
            assert_str_equal(page.rows[i].organization_id, ORG_A.ptr);
            assert_int_equal(page.rows[i].created_at, listed_created_at(number));
        }
    }
    reader_end(t->reader);
}

static void search_takes_every_character_for_itself(void **state)
{
    struct test_store *t = *state;
    insert_listed(t);
    assert_list(t, search_for(STR("DESK")), "m3 m1", 2);
    assert_list(t, search_for(STR("host-1")), "m1", 1);
    assert_list(t, search_for(STR("%")), "m2", 1);
    assert_list(t, search_for(STR("_")), "m2", 1);
    assert_list(t, search_for(STR("\\")), "m3", 1);
    assert_list(t, search_for(STR("o'n")), "m5", 1);
    assert_list(t, search_for(STR("\xf0\x9f\x98\x80")), "m5", 1);
    assert_list(t, search_for(STR("")), "m5 m4 m3 m2 m1", 5);
    assert_list(t, search_for(STR("' OR 1=1 --")), "", 0);
}

static void filters_combine(void **state)
{
    struct test_store *t = *state;
    insert_listed(t);
    struct machine_filter filter = everything;
    filter.status = MACHINE_STATUS_CONNECTED;
    assert_list(t, filter, "m1", 1);
    filter.status = MACHINE_STATUS_DISCONNECTED;
    assert_list(t, filter, "m4 m2", 2);
    filter.created_from = 30;
    assert_list(t, filter, "m4", 1);
    filter.status = MACHINE_STATUS_ERROR;
    assert_list(t, filter, "m5 m3", 2);
    filter.created_to = 30;
    assert_list(t, filter, "m3", 1);
    filter.status = MACHINE_STATUS_ANY;
    assert_list(t, filter, "m4 m3", 2);
    filter.search = STR("100");
    assert_list(t, filter, "m4", 1);
}

static void presence_follows_the_newest_connection(void **state)
{
    struct test_store *t = *state;
    struct machine_row machine = test_machine(ORG_A, "m1", 1), row;
    machine.version = STR("1");
    struct machine_presence first = {.physical_server_id = STR("srv"),
                                     .key_id = STR("key_1"),
                                     .name = STR("desk"),
                                     .hostname = STR("h")};
    struct machine_presence second = {.physical_server_id = STR("srv"), .key_id = STR("key_2")};
    int64_t one, two;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &machine));
    assert_true(machines_set_connected(tx, ORG_A, machine.id, &first, 10, &one));
    assert_true(machines_set_connected(tx, ORG_A, machine.id, &second, 20, &two));
    assert_int_equal(two, one + 1);
    assert_true(machines_get(tx, &t->arena, ORG_A, machine.id, &row));
    assert_true(row.is_connected);
    assert_int_equal(row.last_seen, 20);
    assert_str_equal(row.bound_key_id, "key_1");
    assert_str_equal(row.name, "desk");
    assert_str_equal(row.version, "1");
    assert_str_equal(row.hostname, "h");
    assert_str_equal(row.physical_server_id, "srv");

    assert_false(machines_set_disconnected(tx, ORG_A, machine.id, one, 30));
    assert_true(machines_set_disconnected(tx, ORG_A, machine.id, two, 30));
    assert_false(machines_set_disconnected(tx, ORG_A, machine.id, two, 40));
    assert_true(machines_get(tx, &t->arena, ORG_A, machine.id, &row));
    assert_false(row.is_connected);
    assert_true(str_is_null(row.physical_server_id));
    assert_int_equal(row.updated_at, 30);
    assert_true(test_commit(t));
}

static void a_name_set_by_api_outlives_the_drivers(void **state)
{
    struct test_store *t = *state;
    struct machine_row machine = test_machine(ORG_A, "m1", 1), row;
    machine.name = STR("ours");
    machine.name_set_by_api = true;
    struct machine_presence presence = {.physical_server_id = STR("srv"), .name = STR("theirs")};
    int64_t epoch;
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &machine));
    assert_true(machines_set_connected(tx, ORG_A, machine.id, &presence, 10, &epoch));
    assert_true(machines_get(tx, &t->arena, ORG_A, machine.id, &row));
    assert_str_equal(row.name, "ours");
    assert_true(test_commit(t));
}

static void last_seen_never_goes_back(void **state)
{
    struct test_store *t = *state;
    struct machine_row a = test_machine(ORG_A, "m1", 50), b = test_machine(ORG_B, "m2", 50), row;
    struct machine_seen seen[] = {{a.id, 60}, {b.id, 40}, {STR("gone"), 70}};
    struct tx *tx = test_write(t);
    assert_true(machines_insert(tx, &a));
    assert_true(machines_insert(tx, &b));
    machines_touch_seen(tx, seen, countof(seen));
    assert_true(machines_get(tx, &t->arena, ORG_A, a.id, &row));
    assert_int_equal(row.last_seen, 60);
    assert_int_equal(row.updated_at, 50);
    assert_true(machines_get(tx, &t->arena, ORG_B, b.id, &row));
    assert_int_equal(row.last_seen, 50);
    assert_true(test_commit(t));
}

static void connect_through(struct tx *tx, struct str organization_id, const char *id,
                            struct str server, int64_t last_ping)
{
    struct machine_row machine = test_machine(organization_id, id, 1);
    struct machine_presence presence = {.physical_server_id = server};
    int64_t epoch;
    assert_true(machines_insert(tx, &machine));
    assert_true(machines_set_connected(tx, organization_id, machine.id, &presence, 10, &epoch));
    assert_true(connections_insert(tx, &(struct connection_row){.id = machine.id,
                                                                .organization_id = organization_id,
                                                                .machine_id = machine.id,
                                                                .websocket_id = STR("ws"),
                                                                .connected_at = 10,
                                                                .disconnected_at = CLOCK_NONE,
                                                                .last_ping = last_ping,
                                                                .status = CONNECTION_CONNECTED}));
}

static void a_dead_servers_machines_are_disconnected(void **state)
{
    struct test_store *t = *state;
    struct machine_ref *machines;
    struct machine_row row;
    struct connection_row connection;
    struct tx *tx = test_write(t);
    connect_through(tx, ORG_A, "m1", STR("dead"), 15);
    connect_through(tx, ORG_B, "m2", STR("alive"), 16);
    assert_int_equal(machines_disconnect_server(tx, &t->arena, STR("dead"), 90, &machines), 1);
    assert_str_equal(machines[0].id, "m1");
    assert_str_equal(machines[0].organization_id, ORG_A.ptr);
    assert_true(machines_get(tx, &t->arena, ORG_A, STR("m1"), &row));
    assert_false(row.is_connected);
    assert_true(connections_get(tx, &t->arena, ORG_A, STR("m1"), &connection));
    assert_int_equal(connection.status, CONNECTION_DISCONNECTED);
    assert_int_equal(connection.disconnected_at, 15);
    assert_true(connections_get(tx, &t->arena, ORG_B, STR("m2"), &connection));
    assert_int_equal(connection.status, CONNECTION_CONNECTED);

    assert_int_equal(machines_disconnect_server(tx, &t->arena, STR_NULL, 95, &machines), 1);
    assert_str_equal(machines[0].id, "m2");
    assert_true(connections_get(tx, &t->arena, ORG_B, STR("m2"), &connection));
    assert_int_equal(connection.disconnected_at, 16);
    assert_int_equal(machines_disconnect_server(tx, &t->arena, STR_NULL, 99, &machines), 0);
    assert_true(test_commit(t));
}

static void deletion_takes_everything_of_the_machine_along(void **state)
{
    struct test_store *t = *state;
    struct request_log_row log = {.id = STR("l1"),
                                  .organization_id = ORG_A,
                                  .request_id = STR("r"),
                                  .method = STR("GET"),
                                  .path = STR("/"),
                                  .machine_id = STR("m1"),
                                  .completed_at = CLOCK_NONE};
    struct secret_row secret = {.alias = STR("s1"),
                                .owner = {ORG_A, STR("machines"), STR("m1"), STR("c")},
                                .name = STR("n"),
                                .sealed = STR("x"),
                                .sealing_key_id = STR("k")};
    struct pool_row pool = {.id = STR("p1"), .organization_id = ORG_A, .name = STR("pool")};
    struct connection_page connections;
    struct request_log_page logs;
    struct machine_page page;
    struct str ids[] = {STR("m1"), STR("m2")};
    struct tx *tx = test_write(t);
    connect_through(tx, ORG_A, "m1", STR("srv"), 1);
    connect_through(tx, ORG_A, "m2", STR("srv"), 1);
    assert_true(request_logs_insert(tx, &log));
    assert_true(secrets_insert(tx, &secret));
    assert_true(pools_insert(tx, &pool));
    assert_int_equal(pools_add_machines(tx, ORG_A, pool.id, ids, 2), 2);

    assert_true(machines_delete(tx, ORG_A, STR("m1")));
    assert_false(machines_delete(tx, ORG_A, STR("m1")));
    assert_false(secrets_get(tx, &t->arena, ORG_A, secret.alias, &secret));
    assert_true(pools_get(tx, &t->arena, ORG_A, pool.id, &pool));
    assert_int_equal(pool.machine_count, 1);
    connections_list(tx, &t->arena, ORG_A,
                     &(struct connection_filter){.status = CONNECTION_STATUS_ANY, .limit = 9},
                     &connections);
    assert_int_equal(connections.count, 1);
    assert_int_equal(connections.total, 1);
    request_logs_list(tx, &t->arena, ORG_A,
                      &(struct request_log_filter){.status_code = STORE_NONE, .limit = 9}, &logs);
    assert_int_equal(logs.count + (size_t)logs.total, 0);
    machines_list(tx, &t->arena, ORG_A, &everything, &page);
    assert_int_equal(page.total, 1);
    assert_true(test_commit(t));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_column_is_kept),
        TEST(a_fingerprint_is_unique_in_its_organization_only),
        TEST(update_writes_all_but_identity_and_presence),
        TEST(another_organization_sees_nothing),
        TEST(lists_are_newest_first_in_pages),
        TEST(every_page_is_that_part_of_the_whole_list),
        TEST(search_takes_every_character_for_itself),
        TEST(filters_combine),
        TEST(presence_follows_the_newest_connection),
        TEST(a_name_set_by_api_outlives_the_drivers),
        TEST(last_seen_never_goes_back),
        TEST(a_dead_servers_machines_are_disconnected),
        TEST(deletion_takes_everything_of_the_machine_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
