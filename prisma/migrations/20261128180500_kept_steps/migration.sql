-- The newest checkpoint when an attempt was last cut off: one with a newer checkpoint got further, whatever its last step was.
ALTER TABLE "runs" ADD COLUMN "kept_step" INTEGER NOT NULL DEFAULT 0;
