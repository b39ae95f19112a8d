-- Gateways of this database. A beat is announced only if it changes what others compare: they read the rest with theirs.
CREATE TABLE "gateways" (
	"id" text PRIMARY KEY,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"config_digest" text NOT NULL,
	"admin_url" text,
	"figures" jsonb NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"joined_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "gateways" bigint NOT NULL DEFAULT 0;
--> statement-breakpoint
CREATE FUNCTION "sluice_notify_gateways"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('UPDATE %I."versions" SET "last" = "last" + 1, "gateways" = "last" + 1', TG_TABLE_SCHEMA);
	PERFORM pg_notify(
		left('sluice_gateways' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		''
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "gateways_come_and_go" AFTER INSERT OR DELETE ON "gateways"
	FOR EACH ROW EXECUTE FUNCTION "sluice_notify_gateways"();
--> statement-breakpoint
CREATE TRIGGER "gateways_change" AFTER UPDATE ON "gateways"
	FOR EACH ROW WHEN (
		(OLD."name", OLD."version", OLD."config_digest", OLD."admin_url")
		IS DISTINCT FROM (NEW."name", NEW."version", NEW."config_digest", NEW."admin_url")
	) EXECUTE FUNCTION "sluice_notify_gateways"();
--> statement-breakpoint
-- Work that one gateway does for all.
CREATE TABLE "leases" (
	"name" text PRIMARY KEY,
	"owner" text NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- Null: recorded by a version that had no names.
ALTER TABLE "audit_log" ADD COLUMN "gateway" text;
