-- Certificates that operators uploaded, as in PostgreSQL.
CREATE TABLE "uploaded_certificates" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"hosts" TEXT NOT NULL,
	"chain_pem" TEXT NOT NULL,
	"key_encrypted" TEXT NOT NULL,
	"version" INTEGER NOT NULL DEFAULT 0,
	"created_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"updated_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER "uploaded_certificates_inserted" AFTER INSERT ON "uploaded_certificates" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "uploaded_certificates_updated" AFTER UPDATE ON "uploaded_certificates" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
