"""What the programs work on: the same machines for ours, FastAPI and nginx."""

import hashlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from load import Client
from programs import Deskfleet, init_data_dir

MACHINES = 10_000
PAGE = 100
CLIENTS = 8

REFERENCE_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE keys (hash BLOB PRIMARY KEY NOT NULL, organization_id TEXT NOT NULL, revoked_at TEXT) WITHOUT ROWID;
CREATE TABLE machines (id TEXT PRIMARY KEY NOT NULL, {columns});
CREATE TABLE pools (
    id TEXT PRIMARY KEY NOT NULL, organization_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    machine_count INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    UNIQUE (organization_id, name)
);
CREATE TABLE pool_machines (
    machine_id TEXT NOT NULL, pool_id TEXT NOT NULL, PRIMARY KEY (machine_id, pool_id)
) WITHOUT ROWID;
"""


def machine_fields(number):
    return {
        "fingerprint": f"fingerprint-{number:08d}",
        "unkey_key_id": "key_bench",
        "name": f"Desktop {number}",
        "version": "1.4.6",
        "hostname": f"host-{number}.example",
        "os_info": "Debian GNU/Linux 12 (bookworm)",
    }


def create_machines(server, key):
    """[(path, bytes of its GET)] of all machines."""

    def create(numbers):
        client, made = Client(server.port, key), []
        for number in numbers:
            machine = json.loads(client.request("POST", "/v1/machines", machine_fields(number)))
            path = f"/v1/machines/{machine['id']}"
            made.append((path, client.request("GET", path)))
        return made

    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = pool.map(create, (range(first, MACHINES, CLIENTS) for first in range(CLIENTS)))
        return [each for part in parts for each in part]


def read_pages(server, key):
    """[(path, bytes)] of the list of all machines, page by page."""
    client = Client(server.port, key)
    paths = [f"/v1/machines?limit={PAGE}&skip={skip}" for skip in range(0, MACHINES, PAGE)]
    return [(path, client.request("GET", path)) for path in paths]


class Fleet:
    """A data directory with 10,000 machines, and the bytes of the answers about them."""

    def __init__(self, build, directory, name="fleet"):
        self.directory, self.data_dir = directory, directory / name
        credentials = init_data_dir(build, self.data_dir)
        self.key, self.organization = credentials["api_key"], credentials["organization_id"]
        with Deskfleet(build, self.data_dir) as server:
            self.machines = create_machines(server, self.key)
            self.pages = read_pages(server, self.key)
        self.machine_paths = write_lines(directory / f"{name}-machines.txt", [path for path, _ in self.machines])
        bare_paths = [f"/bare{path}" for path, _ in self.machines]
        self.bare_machine_paths = write_lines(directory / f"{name}-bare.txt", bare_paths)
        self.page_paths = write_lines(directory / f"{name}-pages.txt", [path for path, _ in self.pages])

    def write_nginx_root(self):
        """Directory for nginx: machines under the paths that ours has; pages as /pages/N, which are
        sent with sendfile, and as /copied/N, which are not."""
        directory = self.directory / "nginx"
        (directory / "root/v1/machines").mkdir(parents=True)
        (directory / "root/pages").mkdir()
        for path, content in self.machines:
            (directory / f"root{path}").write_bytes(content)
        for number, (_, content) in enumerate(self.pages):
            (directory / f"root/pages/{number}").write_bytes(content)
        numbers = range(len(self.pages))
        self.nginx_page_paths = write_lines(directory / "pages.txt", [f"/pages/{n}" for n in numbers])
        self.nginx_copied_paths = write_lines(directory / "copied.txt", [f"/copied/{n}" for n in numbers])
        return directory

    def write_reference_database(self):
        path = self.directory / "fastapi.db"
        write_reference(path, self.key, self.organization, [json.loads(content) for _, content in self.machines])
        return path


def write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def write_reference(path, key, organization, machines):
    """The FastAPI program's database. A machine's columns are the fields of its answer."""
    names = [name for name in (machines[0] if machines else ()) if name not in ("id", "pools")] or ["organization_id"]
    db = sqlite3.connect(path)
    with db:
        db.executescript(REFERENCE_SCHEMA.format(columns=", ".join(names)))
        db.execute("INSERT INTO keys VALUES (?, ?, NULL)", (hashlib.sha256(key.encode()).digest(), organization))
        marks = ", ".join("?" * (len(names) + 1))
        rows = ([machine["id"], *(machine[name] for name in names)] for machine in machines)
        db.executemany(f"INSERT INTO machines (id, {', '.join(names)}) VALUES ({marks})", rows)
    db.close()
