"""Row 4: POST pool, durable."""

import json
import os
import subprocess
import uuid
from contextlib import ExitStack

from fixtures import write_reference
from load import wrk
from measure import Sample, interleave, rate_rows
from programs import DEADLINE, HERE, Deskfleet, init_data_dir, pinned, start_fastapi


def build_single_commit(directory):
    program = directory / "single_commit"
    command = ["cc", "-O2", "-o", program, HERE / "single_commit.c", "-lsqlite3"]
    subprocess.run(command, check=True, timeout=DEADLINE)
    return program


class Writes:
    def __init__(self, plan):
        self.plan = plan
        self.data_dir = plan.directory / "writes"
        self.database = plan.directory / "writes-fastapi.db"

    def post(self, program, *kind):
        """Names and keys start with something new, since no round may repeat another's."""
        return wrk(
            program, self.plan.load_core, self.plan.seconds, "create.lua", uuid.uuid4().hex, *kind, key=self.key
        )

    def single_commits(self, program):
        database = self.plan.directory / "single.db"
        command = pinned(self.plan.server_core, [program, database, self.plan.seconds])
        before = os.times()
        done = subprocess.run(command, check=True, capture_output=True, timeout=self.plan.seconds + DEADLINE)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Sample(cpu=cpu, **json.loads(done.stdout))

    def compare(self, name, ours, reference, target, wall_target):
        return rate_rows(name, interleave(ours, reference, self.plan.rounds), target, wall_target)

    def rows(self):
        plan = self.plan
        credentials = init_data_dir(plan.build, self.data_dir)
        self.key = credentials["api_key"]
        write_reference(self.database, self.key, credentials["organization_id"], [])
        single = build_single_commit(plan.directory)
        with ExitStack() as stack:
            server = stack.enter_context(Deskfleet(plan.build, self.data_dir, plan.server_core))
            fastapi = stack.enter_context(start_fastapi(self.database, plan.server_core))

            def ours():
                return self.post(server)

            def ours_keyed():
                return self.post(server, "keyed")

            def theirs():
                return self.post(fastapi)

            def disk():
                return self.single_commits(single)

            yield from self.compare("4a POST pool / FastAPI", ours, theirs, 10, 10)
            yield from self.compare("4b POST pool / single commits", ours, disk, None, 1.2)
            yield from self.compare("4c POST, fresh key / no key", ours_keyed, ours, 0.8, None)
