-- One counter for clients and backends, so that no version is ever used twice. A statement takes the next one
-- (sqlite-dialect.ts), and these triggers note it: statements come one after the other.
CREATE TABLE "versions" ("last" INTEGER NOT NULL) STRICT;
INSERT INTO "versions" SELECT max(
	coalesce((SELECT max("version") FROM "clients"), 0), coalesce((SELECT max("version") FROM "backends"), 0)
);

CREATE TRIGGER "clients_inserted" AFTER INSERT ON "clients" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "clients_updated" AFTER UPDATE ON "clients" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "backends_inserted" AFTER INSERT ON "backends" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "backends_updated" AFTER UPDATE ON "backends" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;

-- Each gateway has levels of its own, as in PostgreSQL.
CREATE TABLE "levels" (
	"gateway" TEXT NOT NULL DEFAULT '',
	"key" TEXT NOT NULL REFERENCES "clients" ("key") ON DELETE CASCADE,
	"tokens" REAL NOT NULL,
	"saved_at" TEXT NOT NULL,
	PRIMARY KEY ("gateway", "key")
) STRICT, WITHOUT ROWID;
INSERT INTO "levels" ("key", "tokens", "saved_at") SELECT "key", "tokens", "saved_at" FROM "bucket_levels";
DROP TABLE "bucket_levels";
ALTER TABLE "levels" RENAME TO "bucket_levels";
CREATE INDEX "bucket_levels_key" ON "bucket_levels" ("key");

CREATE TABLE "fleet_secrets" (
	"name" TEXT PRIMARY KEY NOT NULL,
	"value" TEXT NOT NULL,
	"created_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;
