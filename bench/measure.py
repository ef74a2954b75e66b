"""Samples, ratios and what they decide. Knows nothing of the programs that are measured."""

import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def processor_times():
    """{pid: (parent, seconds)}; the seconds include those of children that have ended."""
    times = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        times[int(path.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICK)
    return times


def cpu_seconds(root):
    """utime + stime of a process, its children and theirs."""
    times = processor_times()
    tree, found = {root}, True
    while found:
        found = {pid for pid, (parent, _) in times.items() if parent in tree} - tree
        tree |= found
    return sum(times[pid][1] for pid in tree if pid in times)


def memory_kib(pid):
    """(RSS, PSS) of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    values = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return values["Rss"], values["Pss"]


@dataclass
class Sample:
    """What one program did in one round."""

    requests: int
    seconds: float
    cpu: float

    @property
    def per_cpu_second(self):
        return self.requests / self.cpu

    @property
    def per_second(self):
        return self.requests / self.seconds


@dataclass
class Row:
    """One line of the table. `ratios` has one entry a round; a row without a target informs."""

    name: str
    ours: str
    reference: str = ""
    ratios: list = field(default_factory=list)
    target: float | None = None
    at_most: bool = False  # the target is a ceiling
    unit: str = "x"
    samples: list = field(default_factory=list)  # raw, for the JSON

    @property
    def median(self):
        return statistics.median(self.ratios)

    @property
    def verdict(self):
        if self.target is None or not self.ratios:
            return ""
        margin = self.target - self.median if self.at_most else self.median - self.target
        if max(self.ratios) - min(self.ratios) > abs(margin):
            return "not decided"
        return "met" if margin >= 0 else "MISSED"

    def cells(self):
        ratio = target = ""
        if self.ratios:
            low, high = min(self.ratios), max(self.ratios)
            ratio = f"{self.median:.2f}{self.unit} [{low:.2f}..{high:.2f}]"
        if self.target is not None:
            target = f"{'<=' if self.at_most else '>='} {self.target:g}{self.unit}"
        return self.name, self.ours, self.reference, ratio, target, self.verdict

    def as_json(self):
        told = {key: getattr(self, key) for key in ("name", "ours", "reference", "ratios", "target", "at_most", "unit")}
        told["verdict"] = self.verdict
        if self.ratios:
            told["median"] = self.median
        if self.samples:
            told["samples"] = self.samples
        return told


def interleave(ours, reference, rounds):
    """[(our sample, its sample)]: ours, reference, ours, reference, ..."""
    return [(ours(), reference()) for _ in range(rounds)]


def rate_row(name, pairs, figure, unit, **options):
    """A row of two rates; `figure` is the name of a Sample's property."""
    ours, theirs = ([getattr(sample, figure) for sample in side] for side in zip(*pairs))
    return Row(
        name,
        f"{statistics.median(ours):,.0f} {unit}",
        f"{statistics.median(theirs):,.0f} {unit}",
        [a / b for a, b in zip(ours, theirs)],
        samples=[[vars(sample) for sample in pair] for pair in pairs],
        **options,
    )


def rate_rows(name, pairs, target=None, wall_target=None):
    """The deciding row, per CPU second, and the wall row beside it."""
    return [
        rate_row(name, pairs, "per_cpu_second", "/cpu s", target=target),
        rate_row("   wall", pairs, "per_second", "/s", target=wall_target),
    ]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def print_table(rows):
    heads = ("row", "ours", "reference", "ratio: median [min..max]", "target", "verdict")
    table = [heads, *(row.cells() for row in rows)]
    widths = [max(len(cells[i]) for cells in table) for i in range(len(heads))]
    table.insert(1, tuple("-" * width for width in widths))
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
