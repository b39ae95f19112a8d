-- One counter for clients and backends, so that no version is ever used twice, whoever writes. It is raised in the
-- transaction of the change, and its row stays locked until the end of that: versions are committed in their order, and
-- who has seen one has seen all below it.
CREATE TABLE "versions" (
	"only_row" boolean PRIMARY KEY DEFAULT true CHECK ("only_row"),
	"last" bigint NOT NULL,
	-- Of the last change of each table.
	"clients" bigint NOT NULL,
	"backends" bigint NOT NULL,
	-- Removals up to this one are no longer in "removed_clients".
	"forgotten" bigint NOT NULL
);
--> statement-breakpoint
INSERT INTO "versions" ("last", "clients", "backends", "forgotten")
	SELECT "last", "last", "last", "last" FROM (
		SELECT greatest((SELECT max("version") FROM "clients"), (SELECT max("version") FROM "backends"), 0) AS "last"
	) AS "found";
--> statement-breakpoint
-- What gateways that do not hear of it ask for.
CREATE TABLE "removed_clients" (
	"version" bigint NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	PRIMARY KEY ("version", "key")
);
--> statement-breakpoint
ALTER TABLE "clients" ALTER COLUMN "version" TYPE bigint;
--> statement-breakpoint
ALTER TABLE "backends" ALTER COLUMN "version" TYPE bigint;
--> statement-breakpoint
CREATE INDEX "clients_version" ON "clients" ("version");
--> statement-breakpoint
CREATE FUNCTION "sluice_raise_version"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	"raised" bigint;
BEGIN
	EXECUTE format(
		'UPDATE %I."versions" SET "last" = "last" + 1, %I = "last" + 1, "forgotten" = CASE WHEN $1 THEN "last" + 1 ELSE "forgotten" END RETURNING "last"',
		TG_TABLE_SCHEMA, TG_TABLE_NAME
	) INTO STRICT "raised" USING TG_OP = 'TRUNCATE';
	PERFORM set_config('sluice.version', "raised"::text, true);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "clients_raise_version" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "clients"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_version"();
--> statement-breakpoint
CREATE TRIGGER "backends_raise_version" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "backends"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_version"();
--> statement-breakpoint
CREATE FUNCTION "sluice_set_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW."version" := current_setting('sluice.version')::bigint;
	RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "clients_set_version" BEFORE INSERT OR UPDATE ON "clients"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE TRIGGER "backends_set_version" BEFORE INSERT OR UPDATE ON "backends"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE FUNCTION "sluice_note_removals"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT count(*) FROM "gone") > 1000 THEN
		-- Cheaper to compare everything.
		EXECUTE format('UPDATE %I."versions" SET "forgotten" = "last"', TG_TABLE_SCHEMA);
		EXECUTE format('DELETE FROM %I."removed_clients"', TG_TABLE_SCHEMA);
	ELSE
		EXECUTE format(
			'INSERT INTO %I."removed_clients" SELECT current_setting(''sluice.version'')::bigint, "key" FROM "gone"',
			TG_TABLE_SCHEMA
		);
		EXECUTE format('UPDATE %I."versions" SET "forgotten" = greatest("forgotten", "last" - 10000)', TG_TABLE_SCHEMA);
		EXECUTE format(
			'DELETE FROM %I."removed_clients" WHERE "version" <= (SELECT "forgotten" FROM %I."versions")',
			TG_TABLE_SCHEMA, TG_TABLE_SCHEMA
		);
	END IF;
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "clients_note_removals" AFTER DELETE ON "clients" REFERENCING OLD TABLE AS "gone"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_note_removals"();
--> statement-breakpoint
-- As in 0001 and 0003, but each schema has channels of its own.
CREATE OR REPLACE FUNCTION "sluice_notify_client"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(
		left('sluice_clients' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		coalesce(NEW."key", OLD."key")
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "sluice_notify_backend"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(
		left('sluice_backends' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		coalesce(NEW."id", OLD."id")
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
-- Each gateway has levels of its own.
ALTER TABLE "bucket_levels" DROP CONSTRAINT "bucket_levels_pkey";
--> statement-breakpoint
ALTER TABLE "bucket_levels" ADD COLUMN "gateway" text COLLATE "C" NOT NULL DEFAULT '';
--> statement-breakpoint
ALTER TABLE "bucket_levels" ADD PRIMARY KEY ("gateway", "key");
--> statement-breakpoint
CREATE INDEX "bucket_levels_key" ON "bucket_levels" ("key");
--> statement-breakpoint
-- Made once for all gateways of the database.
CREATE TABLE "fleet_secrets" (
	"name" text PRIMARY KEY,
	"value" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
