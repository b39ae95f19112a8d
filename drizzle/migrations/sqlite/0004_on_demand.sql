-- When a client last asked for a certificate that is on demand; null: the configuration names its hosts.
ALTER TABLE "acme_certificates" ADD COLUMN "used_at" TEXT;
