-- What operators want of circuits, the last order for each backend: open until then, or (null) closed once.
CREATE TABLE "circuit_orders" (
	"backend" text COLLATE "C" PRIMARY KEY,
	"until" timestamp with time zone,
	"ordered_at" timestamp with time zone DEFAULT now() NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "circuit_orders" bigint NOT NULL DEFAULT 0;
--> statement-breakpoint
CREATE TRIGGER "circuit_orders_raise_version" BEFORE INSERT OR UPDATE ON "circuit_orders"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_raise_version"();
--> statement-breakpoint
CREATE TRIGGER "circuit_orders_set_version" BEFORE INSERT OR UPDATE ON "circuit_orders"
	FOR EACH ROW EXECUTE FUNCTION "sluice_set_version"();
--> statement-breakpoint
CREATE FUNCTION "sluice_notify_circuit_orders"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify(
		left('sluice_circuits' || CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE ':' || TG_TABLE_SCHEMA END, 63),
		''
	);
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "circuit_orders_notify" AFTER INSERT OR UPDATE ON "circuit_orders"
	FOR EACH STATEMENT EXECUTE FUNCTION "sluice_notify_circuit_orders"();
