-- Certificates from authorities, as in PostgreSQL.
CREATE TABLE "acme_certificates" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"hosts" TEXT NOT NULL,
	"issuer" TEXT,
	"challenge" TEXT,
	"chain_pem" TEXT,
	"key_encrypted" TEXT,
	"error" TEXT,
	"failures" INTEGER NOT NULL DEFAULT 0,
	"attempts" TEXT NOT NULL,
	"next_attempt_at" TEXT,
	"is_renewal_requested" INTEGER NOT NULL,
	"renewal_start" TEXT,
	"renewal_end" TEXT,
	"renewal_check_at" TEXT,
	"order_issuer" TEXT,
	"order_url" TEXT,
	"order_key_encrypted" TEXT,
	"lease_owner" TEXT,
	"lease_until" TEXT,
	"version" INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE "acme_accounts" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"url" TEXT NOT NULL,
	"key_encrypted" TEXT NOT NULL,
	"created_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE "acme_challenges" (
	"id" TEXT PRIMARY KEY NOT NULL,
	"type" TEXT NOT NULL,
	"host" TEXT NOT NULL,
	"token" TEXT NOT NULL,
	"key_authorization" TEXT NOT NULL,
	"expires_at" TEXT NOT NULL,
	"version" INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE "acme_gateways" (
	"gateway" TEXT PRIMARY KEY NOT NULL,
	"challenges" INTEGER NOT NULL,
	"seen_at" TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER "acme_certificates_inserted" AFTER INSERT ON "acme_certificates" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "acme_certificates_updated" AFTER UPDATE ON "acme_certificates" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "acme_challenges_inserted" AFTER INSERT ON "acme_challenges" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "acme_challenges_updated" AFTER UPDATE ON "acme_challenges" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
