-- What operators want of circuits, as in PostgreSQL.
CREATE TABLE "circuit_orders" (
	"backend" TEXT PRIMARY KEY NOT NULL,
	"until" TEXT,
	"ordered_at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
	"version" INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER "circuit_orders_inserted" AFTER INSERT ON "circuit_orders" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
CREATE TRIGGER "circuit_orders_updated" AFTER UPDATE ON "circuit_orders" BEGIN
	UPDATE "versions" SET "last" = max("last", NEW."version");
END;
