/* The schema's history: the files of migrations/, embedded by embed.py in the order of
 * meson.build. Entry i takes the schema from version i to i + 1. Files are never changed once
 * released; a new version is a new file. */
#ifndef STORE_SQLITE_MIGRATIONS_H
#define STORE_SQLITE_MIGRATIONS_H

#define SQLITE_MIGRATION_COUNT 1

extern const char *const sqlite_migrations[SQLITE_MIGRATION_COUNT];

#endif
