-- Requests that a client may make in a day and a month, on all routes together; null: what the configuration says.
ALTER TABLE "clients" ADD COLUMN "quota_day" integer;
--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "quota_month" integer;
