"""Rows 1 to 3: GET one machine, list of 100, idle connections."""

import json
from contextlib import ExitStack

from fixtures import Fleet
from load import Client, IdleConnections, wrk
from measure import interleave, rate_rows
from programs import Deskfleet, start_fastapi, start_nginx, wait_until

IDLE = 10_000


def check_same_answers(fleet, ours, fastapi, nginx):
    """The three must say the same, else there is nothing to compare."""
    for path, content in fleet.machines[:: len(fleet.machines) // 10]:
        from_ours, from_fastapi, from_nginx = (
            Client(program.port, fleet.key).request("GET", path) for program in (ours, fastapi, nginx)
        )
        if from_ours != content or from_nginx != content or json.loads(from_fastapi) != json.loads(content):
            raise SystemExit(f"bench: the programs answer differently:\n{content}\n{from_fastapi}\n{from_nginx}")


class Reads:
    def __init__(self, plan):
        self.plan = plan

    def load(self, program, paths, key):
        return wrk(program, self.plan.load_core, self.plan.seconds, "rotate.lua", paths, key=key)

    def compare(self, name, target, ours, reference):
        for side in (ours, reference):
            side()  # warm
        return rate_rows(name, interleave(ours, reference, self.plan.rounds), target)

    def with_idle(self, server, fleet, measure):
        with IdleConnections(server, fleet.key, fleet.machines[0][0], IDLE) as idle:
            sample = measure()
            idle.check()
        wait_until(lambda: server.metric("deskfleet_connections_open") < 100, "idle connections are gone")
        return sample

    def rows(self):
        plan = self.plan
        fleet = Fleet(plan.build, plan.directory)
        with ExitStack() as stack:
            ours = stack.enter_context(Deskfleet(plan.build, fleet.data_dir, plan.server_core))
            fastapi = stack.enter_context(start_fastapi(fleet.write_reference_database(), plan.server_core))
            nginx = stack.enter_context(start_nginx(fleet.write_nginx_root(), plan.server_core))
            check_same_answers(fleet, ours, fastapi, nginx)

            def get(program):
                return lambda: self.load(program, fleet.machine_paths, fleet.key)

            def get_ours_with_idle():
                return self.with_idle(ours, fleet, get(ours))

            def get_bare():
                return self.load(fastapi, fleet.bare_machine_paths, fleet.key)

            def list_ours():
                return self.load(ours, fleet.page_paths, fleet.key)

            def list_nginx():
                return self.load(nginx, fleet.nginx_page_paths, fleet.key)

            def list_nginx_copied():
                return self.load(nginx, fleet.nginx_copied_paths, fleet.key)

            yield from self.compare("1a GET machine / FastAPI", 10, get(ours), get(fastapi))
            yield from self.compare("1a same, no response model", None, get(ours), get_bare)
            yield from self.compare("1b GET machine / nginx", 0.4, get(ours), get(nginx))
            yield from self.compare("2  list of 100 / nginx", 0.2, list_ours, list_nginx)
            yield from self.compare("2  same, nginx without sendfile", None, list_ours, list_nginx_copied)
            yield from self.compare(f"3  GET, {IDLE:,} idle / none", 0.85, get_ours_with_idle, get(ours))
