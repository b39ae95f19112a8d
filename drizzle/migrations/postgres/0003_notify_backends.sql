-- As 0001_notify.sql does for clients: each change of a backend is announced to the other gateways.
CREATE FUNCTION "sluice_notify_backend"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('sluice_backends', coalesce(NEW."id", OLD."id"));
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "backends_notify" AFTER INSERT OR UPDATE OR DELETE ON "backends"
	FOR EACH ROW EXECUTE FUNCTION "sluice_notify_backend"();
