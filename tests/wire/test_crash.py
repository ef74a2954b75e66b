"""kill -9 at random moments under load. Each writer keeps its own journal of what was acknowledged;
after the restart the server must show exactly that, and a retry of what was in flight completes it
once. DESKFLEET_KILLS sets the number of kills, DESKFLEET_SEED repeats a run."""

import os
import random
import threading
import uuid

import httpx

from api import api_of
from data_dir import is_intact
from driver import Driver, gate
from server import Server, init

KILLS = int(os.environ.get("DESKFLEET_KILLS", "5"))
SEED = int(os.environ.get("DESKFLEET_SEED", random.SystemRandom().randrange(1 << 32)))
WRITERS = 8


class Writer:
    """Makes, changes and deletes pools of its own, one request at a time.

    `pools` is what was acknowledged; `pending` the one request whose answer is not known."""

    def __init__(self, number, key):
        self.number, self.key = number, key
        self.random = random.Random(f"{SEED}-{number}")
        self.pools = {}
        self.answers = []
        self.pending = None
        self.acknowledged = 0

    def connect(self, server):
        self.api = api_of(server, self.key)

    def choose(self):
        options = {"headers": {"Idempotency-Key": str(uuid.uuid4())}}
        kind = self.random.choice(["create", "create", "change", "delete"]) if self.pools else "create"
        if kind == "create":
            return kind, None, ("POST", "/v1/pools", {**options, "json": {"name": f"{self.number}-{uuid.uuid4()}"}})
        pool = self.random.choice(sorted(self.pools))
        if kind == "change":
            body = {"description": f"d{self.random.randrange(1000)}"}
            return kind, pool, ("PATCH", f"/v1/pools/{pool}", {**options, "json": body})
        return kind, pool, ("DELETE", f"/v1/pools/{pool}", options)

    def send(self):
        """Sends what is pending. An answer makes it part of the journal."""
        kind, pool, (method, path, options) = self.pending
        answer = self.api.request(method, path, **options)
        assert answer.status_code == {"create": 201, "change": 200, "delete": 204}[kind], answer.text
        if kind == "delete":
            del self.pools[pool]
        else:
            self.pools[answer.json()["id"]] = answer.json()
        self.answers.append((self.pending, answer.content))
        self.pending = None
        self.acknowledged += 1

    def write_until_killed(self):
        try:
            while True:
                self.pending = self.choose()
                self.send()
        except httpx.TransportError:
            self.api.client.close()

    def catch_up(self):
        if self.pending:
            self.send()

    def recheck(self):
        """Some acknowledged requests once more: the stored answer, and no second effect."""
        for (_, _, (method, path, options)), content in self.random.sample(self.answers, min(5, len(self.answers))):
            assert self.api.request(method, path, **options).content == content


def all_pools(api):
    pools, skip = {}, 0
    while page := api.get("/v1/pools", skip=skip, limit=1000)["items"]:
        pools.update({pool["id"]: pool for pool in page})
        skip += len(page)
    assert len(pools) == skip == api.get("/v1/pools", limit=1)["total"]
    return pools


def run_until_kill(server, writers, delay):
    threads = [threading.Thread(target=writer.write_until_killed) for writer in writers]
    for thread in threads:
        thread.start()
    threading.Event().wait(delay)
    server.kill()
    for thread in threads:
        thread.join()


def compare(server, writers, key):
    api = api_of(server, key)
    present = all_pools(api)
    for writer in writers:
        for pool_id, pool in writer.pools.items():
            if not (writer.pending and writer.pending[1] == pool_id):
                assert present.get(pool_id) == pool, f"acknowledged and lost: {pool}"
    for writer in writers:
        writer.connect(server)
        writer.catch_up()
        writer.recheck()
    expected = {pool_id: pool for writer in writers for pool_id, pool in writer.pools.items()}
    assert all_pools(api) == expected


def test_nothing_acknowledged_is_lost(tmp_path):
    print(f"DESKFLEET_SEED={SEED}")
    data = tmp_path / "data"
    key = init(data)["api_key"]
    dice = random.Random(SEED)
    writers = [Writer(number, key) for number in range(WRITERS)]
    server = Server(data).start()
    for _ in range(KILLS):
        for writer in writers:
            writer.connect(server)
        before = sum(w.acknowledged for w in writers)
        run_until_kill(server, writers, dice.uniform(0.1, 0.8))
        assert sum(w.acknowledged for w in writers) > before, "there was a load"
        server = Server(data).start()
        compare(server, writers, key)
    server.stop()
    assert is_intact(data)


def test_kills_right_after_the_start(tmp_path):
    data = tmp_path / "data"
    key = init(data)["api_key"]
    writers = [Writer(number, key) for number in range(WRITERS)]
    for _ in range(KILLS):
        server = Server(data).start()
        for writer in writers:
            writer.connect(server)
            writer.catch_up()
        run_until_kill(server, writers, 0.02)
    with Server(data) as server:
        compare(server, writers, key)


def test_a_desktop_call_cut_by_a_kill_has_an_unknown_outcome(tmp_path):
    data = tmp_path / "data"
    key = init(data)["api_key"]
    answer, open_gate = gate()
    server = Server(data).start()
    driver = Driver(f"ws://{server.host}:{server.port}", key, answer=answer).start()
    api = api_of(server, key)
    [machine] = api.get("/v1/machines")["items"]
    path = f"/v1/computer/{machine['id']}/input/keyboard/type"
    options = {"json": {"text": "pay"}, "headers": {"Idempotency-Key": "k"}}

    def call():
        try:
            api.request("POST", path, **options)
        except httpx.TransportError:
            pass

    caller = threading.Thread(target=call)
    caller.start()
    driver.wait_requests(1)
    server.kill()
    caller.join()
    open_gate()
    driver.stop()
    with Server(data) as server:
        again = Driver(f"ws://{server.host}:{server.port}", key, fingerprint=driver.fingerprint).start()
        api = api_of(server, key)
        for _ in range(2):
            body = api.expect(502, "POST", path, **options)
            assert body["error_code"] == "outcome_unknown" and machine["id"] in body["message"]
        assert again.requests == []
        api.post(path, {"text": "pay"}, 204, headers={"Idempotency-Key": "another"})
        again.stop()
