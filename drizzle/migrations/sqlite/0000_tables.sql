CREATE TABLE "clients" (
	"key" TEXT PRIMARY KEY NOT NULL,
	"kind" TEXT NOT NULL,
	"name" TEXT,
	"capacity" REAL NOT NULL,
	"rate_per_second" REAL NOT NULL,
	"algorithm" TEXT NOT NULL DEFAULT 'token-bucket',
	"window_seconds" REAL,
	"enabled" INTEGER NOT NULL,
	"api_key_hash" TEXT UNIQUE,
	"version" INTEGER NOT NULL DEFAULT 1,
	"created_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"updated_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE "bucket_levels" (
	"key" TEXT PRIMARY KEY NOT NULL REFERENCES "clients" ("key") ON DELETE CASCADE,
	"tokens" REAL NOT NULL,
	"saved_at" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE "backends" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"pool" TEXT,
	"url" TEXT,
	"weight" INTEGER,
	"enabled" INTEGER,
	"draining" INTEGER,
	"backup" INTEGER,
	"max_in_flight" INTEGER,
	"version" INTEGER NOT NULL DEFAULT 1,
	"created_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"updated_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE "audit_log" (
	"id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
	"at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"actor" TEXT NOT NULL,
	"role" TEXT NOT NULL,
	"address" TEXT NOT NULL,
	"action" TEXT NOT NULL,
	"target" TEXT,
	"status" INTEGER NOT NULL,
	"before" TEXT,
	"after" TEXT,
	"request_id" TEXT NOT NULL
) STRICT;

CREATE INDEX "audit_log_at" ON "audit_log" ("at");
