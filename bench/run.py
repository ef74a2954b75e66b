"""Runs the benches and prints their table; bench/README.md says what each row is."""

import argparse
import json
import os
import platform
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from desktop import Desktop
from measure import print_table
from process import Process
from programs import HERE
from reads import Reads
from writes import Writes

GROUPS = {"reads": Reads, "writes": Writes, "process": Process, "desktop": Desktop}
FILES_NEEDED = 30_000  # 10,000 idle connections at either end, nginx's open files


@dataclass
class Plan:
    """How and where everything is measured."""

    build: Path
    directory: Path
    server_core: int
    load_core: int
    rounds: int
    seconds: int
    quick: bool


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("build", type=Path, help="build directory")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s: shows that it works, decides nothing")
    parser.add_argument("--only", choices=GROUPS, action="append", help="only this group of rows; may be repeated")
    return parser.parse_args()


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, FILES_NEEDED), max(hard, FILES_NEEDED)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=HERE).stdout.strip()


def build_options(build):
    told = json.loads(output("meson", "introspect", "--buildoptions", str(build)))
    values = {option["name"]: option["value"] for option in told}
    return {name: values[name] for name in ("buildtype", "b_ndebug", "b_sanitize")}


def version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def surroundings(plan):
    """What else a reader of the figures must know."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": output("git", "describe", "--always", "--dirty"),
        "build": build_options(plan.build),
        "cpu": model.partition(": ")[2],
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "file_system": output("stat", "-f", "-c", "%T", str(plan.directory)),
        "sqlite": sqlite3.sqlite_version,
        "nginx": subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr.strip(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("fastapi", "uvicorn", "uvloop", "httptools", "Pillow")},
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "load_average_before": os.getloadavg(),
    }


def measure(plan, groups):
    rows = []
    for group in groups:
        print(f"{group} ...", flush=True)
        for row in GROUPS[group](plan).rows():
            print(f"    {row.name.strip()}", flush=True)
            rows.append(row)
    return rows


def write_results(facts, rows):
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    path = results / f"{facts['at'].replace(':', '').replace('+0000', 'Z')}.json"
    path.write_text(json.dumps({**facts, "rows": [row.as_json() for row in rows]}, indent=1) + "\n")
    print(f"\nwritten: {path.relative_to(HERE.parent)}")


def main():
    arguments = parse_arguments()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("bench: needs two cores, one for the server and one for the load")
    raise_file_limit()
    build = arguments.build.resolve()
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=build))  # a real disk, unlike many a /tmp
    rounds, seconds = (2, 1) if arguments.quick else (7, 3)
    plan = Plan(build, directory, cores[0], cores[1], rounds, seconds, arguments.quick)
    try:
        facts = surroundings(plan)
        rows = measure(plan, arguments.only or GROUPS)
    finally:
        shutil.rmtree(directory)
    facts["load_average_after"] = os.getloadavg()
    print(f"\n{facts['cpu']}, {facts['cores']} cores, {facts['file_system']}, {rounds} rounds of {seconds} s\n")
    print_table(rows)
    write_results(facts, rows)


if __name__ == "__main__":
    main()
