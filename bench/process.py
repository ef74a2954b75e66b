"""Row 5: sizes, memory and the time to the ready line."""

import statistics
import time

from fixtures import Fleet
from load import wrk
from measure import Row, memory_kib, percentile
from programs import Deskfleet

STARTS = 21
GROUP = 3  # starts in one round


def mib(kib):
    return f"{kib / 1024:.1f} MiB"


class Process:
    def __init__(self, plan):
        self.plan = plan

    def start_ms(self, data_dir):
        start = time.perf_counter()
        with Deskfleet(self.plan.build, data_dir):
            return (time.perf_counter() - start) * 1000

    def memory_row(self, name, server):
        rss, pss = memory_kib(server.pid)
        return Row(name, f"RSS {mib(rss)}, PSS {mib(pss)}", samples=[{"rss_kib": rss, "pss_kib": pss}])

    def rows(self):
        plan = self.plan
        fleet = Fleet(plan.build, plan.directory, "process")
        for program in ("cli/deskfleet", "driver/deskfleet-driver"):
            size = (plan.build / "src" / program).stat().st_size
            yield Row(f"5  size of {program.split('/')[1]}", f"{size / 1024:,.0f} KiB")
        with Deskfleet(plan.build, fleet.data_dir, plan.server_core) as server:
            yield self.memory_row("5  memory idle after start", server)
            for _ in range(plan.rounds):
                wrk(server, plan.load_core, plan.seconds, "rotate.lua", fleet.machine_paths, key=fleet.key)
            yield self.memory_row("5  memory after GETs of row 1", server)
        starts = [self.start_ms(fleet.data_dir) for _ in range(STARTS)]
        told = f"p50 {statistics.median(starts):.1f} ms, p95 {percentile(starts, 0.95):.1f} ms"
        rounds = [statistics.median(starts[first : first + GROUP]) for first in range(0, STARTS, GROUP)]
        yield Row("5  start to ready line", told, "", rounds, 100, at_most=True, unit=" ms", samples=starts)
