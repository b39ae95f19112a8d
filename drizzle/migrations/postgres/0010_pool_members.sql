-- Lists of members as they were pushed, the last one of each pool; null: it was removed.
CREATE TABLE "pushed_members" (
	"pool" text COLLATE "C" PRIMARY KEY,
	"members" jsonb,
	"ttl_seconds" double precision,
	"pushed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "pushed_members" bigint NOT NULL DEFAULT 0;
--> statement-breakpoint
CREATE TRIGGER "pushed_members_raise_version" BEFORE INSERT OR UPDATE ON "pushed_members"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_version"();
--> statement-breakpoint
CREATE TRIGGER "pushed_members_set_version" BEFORE INSERT OR UPDATE ON "pushed_members"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE FUNCTION "sluice_notify_pushed_members"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(
		left('sluice_members' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		''
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "pushed_members_notify" AFTER INSERT OR UPDATE ON "pushed_members"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_notify_pushed_members"();
--> statement-breakpoint
-- The last list that a source gave of a pool: for the next start.
CREATE TABLE "cached_members" (
	"pool" text COLLATE "C" PRIMARY KEY,
	"members" jsonb NOT NULL,
	"listed_at" timestamp with time zone DEFAULT now() NOT NULL
);
