-- Each change of a client is announced to the other gateways, in its own transaction: also one made with psql.
CREATE FUNCTION "sluice_notify_client"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('sluice_clients', coalesce(NEW."key", OLD."key"));
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "clients_notify" AFTER INSERT OR UPDATE OR DELETE ON "clients"
	FOR EACH ROW EXECUTE FUNCTION "sluice_notify_client"();
