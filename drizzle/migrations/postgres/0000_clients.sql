CREATE TABLE "bucket_levels" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tokens" double precision NOT NULL,
	"saved_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clients" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text,
	"capacity" double precision NOT NULL,
	"rate_per_second" double precision NOT NULL,
	"enabled" boolean NOT NULL,
	"api_key_hash" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "clients_api_key_hash_unique" UNIQUE("api_key_hash")
);
--> statement-breakpoint
ALTER TABLE "bucket_levels" ADD CONSTRAINT "bucket_levels_key_clients_key_fk" FOREIGN KEY ("key") REFERENCES "clients"("key") ON DELETE cascade ON UPDATE no action;