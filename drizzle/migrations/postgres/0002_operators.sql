CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"role" text NOT NULL,
	"address" text NOT NULL,
	"action" text NOT NULL,
	"target" text,
	"status" integer NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"request_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backends" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"pool" text,
	"url" text,
	"weight" integer,
	"enabled" boolean,
	"draining" boolean,
	"backup" boolean,
	"max_in_flight" integer,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "algorithm" text DEFAULT 'token-bucket' NOT NULL;--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "window_seconds" double precision;--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at");