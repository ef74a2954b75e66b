#include "driver/ending.h"

#include "base/macros.h"

#define WAIT_DEFAULT_S 60
#define WAIT_MAX_S     300

/* Every other code is worth another try, 4009 (machine limit reached) too: limits get raised. */
static const struct {
    int code;
    enum ending_verdict verdict;
} verdicts[] = {
    {401, ENDING_REJECTED},
    {403, ENDING_REJECTED},
    {4001, ENDING_REJECTED},
    {4008, ENDING_WAIT},
};

static const char *const number_marks[] = {"Wait ", "retry-after="};

/* The number behind `mark`; -1 when there is none. */
static int64_t number_after(struct str text, const char *mark)
{
    const char *found = memmem(text.ptr, text.len, mark, strlen(mark));
    if (!found)
        return -1;
    int64_t number = -1;
    for (const char *c = found + strlen(mark); c < text.ptr + text.len; c++) {
        if (*c < '0' || *c > '9')
            break;
        number = MIN_OF(MAX_OF(number, 0) * 10 + (*c - '0'), WAIT_MAX_S);
    }
    return number;
}

static int64_t named_wait_ms(struct str reason)
{
    for (size_t i = 0; i < countof(number_marks) && reason.len > 0; i++) {
        int64_t seconds = number_after(reason, number_marks[i]);
        if (seconds >= 0)
            return MAX_OF(seconds, 1) * 1000;
    }
    return WAIT_DEFAULT_S * 1000;
}

struct ending ending_judge(int code, struct str reason)
{
    struct ending ending = {ENDING_RETRY, 0};
    for (size_t i = 0; i < countof(verdicts); i++)
        if (verdicts[i].code == code)
            ending.verdict = verdicts[i].verdict;
    if (ending.verdict == ENDING_WAIT)
        ending.wait_ms = named_wait_ms(reason);
    return ending;
}
