-- Certificates from authorities, and the challenges that all gateways answer.
CREATE TABLE "acme_certificates" (
	"id" text COLLATE "C" PRIMARY KEY,
	"hosts" jsonb NOT NULL,
	"issuer" text,
	"challenge" text,
	"chain_pem" text,
	"key_encrypted" text,
	"error" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"attempts" jsonb NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"is_renewal_requested" boolean NOT NULL,
	"renewal_start" timestamp with time zone,
	"renewal_end" timestamp with time zone,
	"renewal_check_at" timestamp with time zone,
	"order_issuer" text,
	"order_url" text,
	"order_key_encrypted" text,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "acme_accounts" (
	"id" text PRIMARY KEY,
	"url" text NOT NULL,
	"key_encrypted" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "acme_challenges" (
	"id" text PRIMARY KEY,
	"type" text NOT NULL,
	"host" text NOT NULL,
	"token" text NOT NULL,
	"key_authorization" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "acme_gateways" (
	"gateway" text PRIMARY KEY,
	"challenges" bigint NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- Of the last change of one of the first and of the third table. A change of a lease leaves "version" out, and is none.
ALTER TABLE "versions" ADD COLUMN "certificates" bigint NOT NULL DEFAULT 0;
--> statement-breakpoint
CREATE FUNCTION "sluice_raise_certificates"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	"raised" bigint;
BEGIN
	EXECUTE format(
		'UPDATE %I."versions" SET "last" = "last" + 1, "certificates" = "last" + 1 RETURNING "last"', TG_TABLE_SCHEMA
	) INTO STRICT "raised";
	PERFORM set_config('sluice.version', "raised"::text, true);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "acme_certificates_raise_version" BEFORE INSERT OR UPDATE OF "version" OR DELETE ON "acme_certificates"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_certificates"();
--> statement-breakpoint
CREATE TRIGGER "acme_challenges_raise_version" BEFORE INSERT OR UPDATE OF "version" OR DELETE ON "acme_challenges"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_certificates"();
--> statement-breakpoint
CREATE TRIGGER "acme_certificates_set_version" BEFORE INSERT OR UPDATE OF "version" ON "acme_certificates"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE TRIGGER "acme_challenges_set_version" BEFORE INSERT OR UPDATE OF "version" ON "acme_challenges"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE FUNCTION "sluice_notify_certificates"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(
		left('sluice_certificates' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		''
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "acme_certificates_notify" AFTER INSERT OR UPDATE OF "version" OR DELETE ON "acme_certificates"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_notify_certificates"();
--> statement-breakpoint
CREATE TRIGGER "acme_challenges_notify" AFTER INSERT OR UPDATE OF "version" OR DELETE ON "acme_challenges"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_notify_certificates"();
