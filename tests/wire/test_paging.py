"""Pages and totals, the same for every list."""

import pytest


def machines(api, count):
    return [api.machine() for _ in range(count)]


def pools(api, count):
    return [api.pool() for _ in range(count)]


def connections(api, count):
    machine = api.machine()
    return [api.connection(machine) for _ in range(count)]


def request_logs(api, count):
    machine = api.machine()
    return [api.request_log(machine) for _ in range(count)]


LISTS = [
    ("/v1/machines", machines),
    ("/v1/pools", pools),
    ("/v1/connections", connections),
    ("/v1/request-logs", request_logs),
]
each_list = pytest.mark.parametrize("path, make", LISTS, ids=[path[4:] for path, _ in LISTS])


@each_list
def test_an_empty_list(api, path, make):
    assert api.get(path) == {"items": [], "total": 0, "skip": 0, "limit": 100}


@each_list
def test_pages_put_together_are_the_list(api, path, make):
    made = [item["id"] for item in make(api, 7)][::-1]
    seen = []
    for skip in (0, 3, 6, 9):
        page = api.get(path, skip=skip, limit=3)
        assert page["total"] == 7 and page["skip"] == skip and page["limit"] == 3
        seen += [item["id"] for item in page["items"]]
    assert seen == made, "newest first, each once"


@each_list
def test_beyond_the_end(api, path, make):
    make(api, 1)
    for skip in (1, 10**6, 2**63 - 1):
        page = api.get(path, skip=skip)
        assert page["items"] == [] and page["total"] == 1 and page["skip"] == skip


@each_list
def test_the_largest_page(api, path, make):
    make(api, 2)
    page = api.get(path, limit=1000)
    assert len(page["items"]) == 2 and page["limit"] == 1000


@each_list
def test_a_default_page_has_a_hundred(api, path, make):
    make(api, 101)
    page = api.get(path)
    assert len(page["items"]) == 100 and page["total"] == 101


def test_the_total_is_that_of_the_filter(api):
    api.machine(name="other")
    for _ in range(3):
        api.machine(name="wanted")
    page = api.get("/v1/machines", search="wanted", limit=2)
    assert page["total"] == 3 and len(page["items"]) == 2
