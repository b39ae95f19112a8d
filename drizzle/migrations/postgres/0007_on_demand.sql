-- When a client last asked for a certificate that is on demand; null: the configuration names its hosts.
-- A change of it leaves "version" out, and is announced to nobody.
ALTER TABLE "acme_certificates" ADD COLUMN "used_at" timestamp with time zone;
