-- Members of pools, as in PostgreSQL.
CREATE TABLE "pushed_members" (
	"pool" TEXT PRIMARY KEY NOT NULL,
	"members" TEXT,
	"ttl_seconds" REAL,
	"pushed_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"version" INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER "pushed_members_inserted" AFTER INSERT ON "pushed_members" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "pushed_members_updated" AFTER UPDATE ON "pushed_members" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;

CREATE TABLE "cached_members" (
	"pool" TEXT PRIMARY KEY NOT NULL,
	"members" TEXT NOT NULL,
	"listed_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;
