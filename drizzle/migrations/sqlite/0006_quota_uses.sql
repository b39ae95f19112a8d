-- What clients have used of their quotas in the current day or month, as in PostgreSQL.
CREATE TABLE "quota_uses" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"period" INTEGER NOT NULL,
	"used" INTEGER NOT NULL,
	"ends_at" TEXT NOT NULL
) STRICT, WITHOUT ROWID;
