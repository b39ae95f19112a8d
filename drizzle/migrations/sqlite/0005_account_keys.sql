-- The key that an account is about to get (RFC 8555, 7.3.5): stored before the authority is asked to change it.
ALTER TABLE "acme_accounts" ADD COLUMN "next_key_encrypted" TEXT;
