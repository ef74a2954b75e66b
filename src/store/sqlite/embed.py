"""Writes a C file that holds each given SQL file as one string: embed.py OUT.c FILE.sql...

Comments are left out, so no literal of the SQL may hold two hyphens."""

import json
import sys


def literal(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.split("--")[0].rstrip() for line in file]
    return "\n".join("    " + json.dumps(line + "\n") for line in lines if line)


with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "store/sqlite/migrations.h"\n\n')
    out.write("const char *const sqlite_migrations[SQLITE_MIGRATION_COUNT] = {\n")
    for path in sys.argv[2:]:
        out.write(literal(path) + ",\n")
    out.write("};\n")
