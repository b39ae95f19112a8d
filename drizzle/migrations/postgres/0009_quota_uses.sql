-- What clients have used of their quotas in the current day or month, all gateways together.
CREATE TABLE "quota_uses" (
	"id" text COLLATE "C" PRIMARY KEY,
	"period" integer NOT NULL,
	"used" bigint NOT NULL,
	"ends_at" timestamp with time zone NOT NULL
);
