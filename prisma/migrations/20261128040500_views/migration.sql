-- Saved views of the dashboard's pages, shared by all who use the service.
CREATE TABLE "views" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "page" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "views_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "views_created_at_id_idx" ON "views"("created_at", "id");
