"""The two operations that the bench compares, as a FastAPI program with SQLite: the same
authentication by the hash of a key, the same fields in the answers, the same durability.

The functions are `async def` and call SQLite directly: a query takes microseconds, and handing it to
FastAPI's thread pool made the program slower."""

import hashlib
import os
import sqlite3
import uuid
from datetime import datetime, timezone

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

db = sqlite3.connect(os.environ["REFERENCE_DATABASE"], isolation_level=None)
db.row_factory = sqlite3.Row
db.execute("PRAGMA synchronous = FULL")

app = FastAPI()


class PoolCreate(BaseModel):
    name: str = Field(min_length=1, max_length=255)
    description: str | None = None


async def organization(authorization: str | None = Header(default=None)):
    if authorization is None:
        raise HTTPException(403, "Not authenticated")
    scheme, _, key = authorization.partition(" ")
    row = db.execute(
        "SELECT organization_id FROM keys WHERE hash = ? AND revoked_at IS NULL",
        (hashlib.sha256(key.encode()).digest(),),
    ).fetchone()
    if scheme.lower() != "bearer" or row is None:
        raise HTTPException(401, "Invalid API key")
    return row["organization_id"]


@app.get("/v1/machines/{machine_id}")
async def get_machine(machine_id: uuid.UUID, organization_id: str = Depends(organization)):
    row = db.execute(
        "SELECT * FROM machines WHERE id = ? AND organization_id = ?", (str(machine_id), organization_id)
    ).fetchone()
    if row is None:
        raise HTTPException(404, "Machine not found")
    pools = db.execute(
        "SELECT p.* FROM pools p JOIN pool_machines m ON m.pool_id = p.id WHERE m.machine_id = ?", (row["id"],)
    ).fetchall()
    machine = dict(row)
    machine["is_available"] = bool(row["is_available"])
    machine["pools"] = [dict(pool) for pool in pools]
    return JSONResponse(machine)


@app.post("/v1/pools")
async def create_pool(pool: PoolCreate, organization_id: str = Depends(organization)):
    now = datetime.now(timezone.utc).isoformat()
    row = (str(uuid.uuid4()), organization_id, pool.name, pool.description, 0, now, now)
    try:
        db.execute("INSERT INTO pools VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # a transaction of its own
    except sqlite3.IntegrityError:
        raise HTTPException(409, "A pool of this name exists") from None
    fields = ("id", "organization_id", "name", "description", "machine_count", "created_at", "updated_at")
    return JSONResponse(dict(zip(fields, row)), status_code=201)
