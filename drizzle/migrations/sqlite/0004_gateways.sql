-- As in PostgreSQL. The embedded database has one gateway, which needs neither of the first two.
CREATE TABLE "gateways" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"name" TEXT NOT NULL,
	"version" TEXT NOT NULL,
	"config_digest" TEXT NOT NULL,
	"admin_url" TEXT,
	"figures" TEXT NOT NULL,
	"started_at" TEXT NOT NULL,
	"joined_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"seen_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE "leases" (
	"name" TEXT PRIMARY KEY NOT NULL,
	"owner" TEXT NOT NULL,
	"until" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Null: recorded by a version that had no names.
ALTER TABLE "audit_log" ADD COLUMN "gateway" TEXT;
