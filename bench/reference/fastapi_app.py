"""The operations that the bench compares, as a FastAPI program with SQLite: the same authentication
by the hash of a key, the same fields in the answers, the same durability.

Written as FastAPI's documentation teaches, and where it leaves a choice, the faster one measured:
reads are `async def` and ask SQLite directly, since a query takes microseconds and the thread pool
costs more; the insert waits for the disk, so it is a plain `def`, which FastAPI runs in a thread.
`/bare` is the GET without a response model, for a reader who would leave that out."""

import hashlib
import os
import sqlite3
import threading
import uuid
from datetime import datetime, timezone

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


def connect():
    db = sqlite3.connect(os.environ["REFERENCE_DATABASE"], isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous = FULL")
    return db


reader, writer, writing = connect(), connect(), threading.Lock()
app = FastAPI()


class PoolCreate(BaseModel):
    name: str = Field(min_length=1, max_length=255)
    description: str | None = None


class Pool(BaseModel):
    name: str
    description: str | None
    id: str
    organization_id: str
    created_at: str
    updated_at: str
    machine_count: int


class Machine(BaseModel):
    name: str | None
    version: str | None
    hostname: str | None
    os_info: str | None
    machine_parameters: dict | None
    machine_sensitive_parameters: dict | None
    id: str
    user_id: str | None
    organization_id: str
    unkey_key_id: str
    fingerprint: str
    seat_number: int | None
    status: str
    is_available: bool
    reserved_session_id: str | None
    linked_keepalive_machine_id: str | None
    physical_server_id: str | None
    created_at: str
    last_seen: str
    pools: list[Pool]


async def organization(authorization: str | None = Header(default=None)):
    if authorization is None:
        raise HTTPException(403, "Not authenticated")
    scheme, _, key = authorization.partition(" ")
    row = reader.execute(
        "SELECT organization_id FROM keys WHERE hash = ? AND revoked_at IS NULL",
        (hashlib.sha256(key.encode()).digest(),),
    ).fetchone()
    if scheme.lower() != "bearer" or row is None:
        raise HTTPException(401, "Invalid API key")
    return row["organization_id"]


def find_machine(machine_id, organization_id):
    row = reader.execute(
        "SELECT * FROM machines WHERE id = ? AND organization_id = ?", (str(machine_id), organization_id)
    ).fetchone()
    if row is None:
        raise HTTPException(404, "Machine not found")
    pools = reader.execute(
        "SELECT p.* FROM pools p JOIN pool_machines m ON m.pool_id = p.id WHERE m.machine_id = ?", (row["id"],)
    ).fetchall()
    return {**dict(row), "is_available": bool(row["is_available"]), "pools": [dict(pool) for pool in pools]}


@app.get("/v1/machines/{machine_id}", response_model=Machine)
async def get_machine(machine_id: uuid.UUID, organization_id: str = Depends(organization)):
    return find_machine(machine_id, organization_id)


@app.get("/bare/v1/machines/{machine_id}")
async def get_machine_bare(machine_id: uuid.UUID, organization_id: str = Depends(organization)):
    return JSONResponse(find_machine(machine_id, organization_id))


@app.post("/v1/pools", response_model=Pool, status_code=201)
def create_pool(pool: PoolCreate, organization_id: str = Depends(organization)):
    now = datetime.now(timezone.utc).isoformat()
    row = (str(uuid.uuid4()), organization_id, pool.name, pool.description, 0, now, now)
    try:
        with writing:
            writer.execute("INSERT INTO pools VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # a transaction of its own
    except sqlite3.IntegrityError:
        raise HTTPException(409, "A pool of this name exists") from None
    fields = ("id", "organization_id", "name", "description", "machine_count", "created_at", "updated_at")
    return dict(zip(fields, row))
