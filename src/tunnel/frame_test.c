#include "tunnel/frame.h"

#include "base/test.h"

#define META "{\"requestId\":\"r1\",\"status\":200,\"headers\":{\"Content-Type\":\"image/png\"}}"

static void an_answer_is_put_together(void **state)
{
    (void)state;
    struct frame_answer answer;
    frame_answer_init(&answer, 100);
    assert_int_equal(frame_answer_text(&answer, STR(META)), FRAME_MORE);
    assert_int_equal(frame_answer_binary(&answer, STR("abc")), FRAME_MORE);
    assert_int_equal(frame_answer_binary(&answer, STR("def")), FRAME_MORE);
    assert_int_equal(frame_answer_text(&answer, STR("end")), FRAME_COMPLETE);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.request_id, "r1");
    assert_string_equal(answer.content_type, "image/png");
    assert_str_equal(buf_str(&answer.body), "abcdef");
    frame_answer_finish(&answer);
}

static void strays_are_passed_over_and_a_second_meta_replaces_the_first(void **state)
{
    (void)state;
    struct frame_answer answer;
    frame_answer_init(&answer, 100);
    assert_int_equal(frame_answer_binary(&answer, STR("early")), FRAME_MORE);
    assert_int_equal(frame_answer_text(&answer, STR("end")), FRAME_MORE);
    assert_int_equal(frame_answer_text(&answer, STR(META)), FRAME_MORE);
    assert_int_equal(frame_answer_binary(&answer, STR("abc")), FRAME_MORE);
    assert_int_equal(frame_answer_text(&answer, STR("{\"requestId\":\"r2\",\"status\":204}")),
                     FRAME_MORE);
    assert_int_equal(frame_answer_text(&answer, STR("end")), FRAME_COMPLETE);
    assert_string_equal(answer.request_id, "r2");
    assert_string_equal(answer.content_type, "");
    assert_int_equal(answer.body.len, 0);
    frame_answer_finish(&answer);
}

static void what_no_driver_says_is_broken(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "hello",
        "[]",
        "{}",
        "{\"requestId\":\"r1\"}",
        "{\"requestId\":1,\"status\":200}",
        "{\"requestId\":\"r1\",\"status\":\"200\"}",
        "{\"requestId\":\"r1\",\"status\":99}",
        "{\"requestId\":\"r1\",\"status\":600}",
        "{\"requestId\":\"0123456789012345678901234567890123456789012345678901234567890123\","
        "\"status\":200}",
    };
    struct frame_answer answer;
    frame_answer_init(&answer, 100);
    for (size_t i = 0; i < countof(bad); i++)
        assert_int_equal(frame_answer_text(&answer, str_from(bad[i])), FRAME_BROKEN);
    frame_answer_finish(&answer);
}

static void a_body_has_a_ceiling(void **state)
{
    (void)state;
    struct frame_answer answer;
    frame_answer_init(&answer, 4);
    assert_int_equal(frame_answer_text(&answer, STR(META)), FRAME_MORE);
    assert_int_equal(frame_answer_binary(&answer, STR("1234")), FRAME_MORE);
    assert_int_equal(frame_answer_binary(&answer, STR("5")), FRAME_TOO_BIG);
    frame_answer_finish(&answer);
}

static void an_answer_nobody_asked_for_is_not_kept(void **state)
{
    (void)state;
    struct frame_answer answer;
    frame_answer_init(&answer, 4);
    assert_int_equal(frame_answer_text(&answer, STR(META)), FRAME_MORE);
    answer.unasked = true;
    for (int i = 0; i < 100; i++)
        assert_int_equal(frame_answer_binary(&answer, STR("1234")), FRAME_MORE);
    assert_int_equal(answer.body.len, 0);
    assert_int_equal(frame_answer_text(&answer, STR("end")), FRAME_COMPLETE);
    assert_int_equal(frame_answer_text(&answer, STR(META)), FRAME_MORE);
    assert_false(answer.unasked);
    frame_answer_finish(&answer);
}

static void a_request_is_one_meta_without_lengths(void **state)
{
    (void)state;
    struct frame_request request = {
        .request_id = STR("r1"),
        .method = STR("POST"),
        .path = STR("/computer/input/mouse/click"),
        .content_type = STR("application/json"),
        .idempotency_key = STR("k\"1"),
    };
    struct buf out;
    buf_init(&out, 1000);
    frame_write_request(&out, &request);
    assert_str_equal(buf_str(&out), "{\"requestId\":\"r1\",\"method\":\"POST\","
                                    "\"path\":\"/computer/input/mouse/click\",\"query\":\"\","
                                    "\"headers\":{\"content-type\":\"application/json\","
                                    "\"X-Idempotency-Key\":\"k\\\"1\"}}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_put_together),
        cmocka_unit_test(strays_are_passed_over_and_a_second_meta_replaces_the_first),
        cmocka_unit_test(what_no_driver_says_is_broken),
        cmocka_unit_test(a_body_has_a_ceiling),
        cmocka_unit_test(an_answer_nobody_asked_for_is_not_kept),
        cmocka_unit_test(a_request_is_one_meta_without_lengths),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
