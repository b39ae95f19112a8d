-- Certificates that operators uploaded. Changes are announced as those of certificates from authorities are.
CREATE TABLE "uploaded_certificates" (
	"id" text COLLATE "C" PRIMARY KEY,
	"hosts" jsonb NOT NULL,
	"chain_pem" text NOT NULL,
	"key_encrypted" text NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER "uploaded_certificates_raise_version" BEFORE INSERT OR UPDATE OR DELETE ON "uploaded_certificates"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_certificates"();
--> statement-breakpoint
CREATE TRIGGER "uploaded_certificates_set_version" BEFORE INSERT OR UPDATE ON "uploaded_certificates"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE TRIGGER "uploaded_certificates_notify" AFTER INSERT OR UPDATE OR DELETE ON "uploaded_certificates"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_notify_certificates"();
