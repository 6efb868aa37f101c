-- The final figures of runs that have ended, quick to sort by. The row of a run changes with every report, so that an index
-- over its figures would have to change as often.
CREATE TABLE "run_figures" (
    "run_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "loss" DOUBLE PRECISION,
    "accuracy" DOUBLE PRECISION,
    "epoch_loss" DOUBLE PRECISION,
    "epoch_accuracy" DOUBLE PRECISION,
    "val_loss" DOUBLE PRECISION,
    "val_accuracy" DOUBLE PRECISION,
    "r2" DOUBLE PRECISION,
    "macro_f1" DOUBLE PRECISION,
    "best_step" DOUBLE PRECISION,
    "best_val_loss" DOUBLE PRECISION,
    "best_val_accuracy" DOUBLE PRECISION,
    "test_loss" DOUBLE PRECISION,
    "test_accuracy" DOUBLE PRECISION,
    "test_r2" DOUBLE PRECISION,
    "best_test_loss" DOUBLE PRECISION,
    "best_test_accuracy" DOUBLE PRECISION,
    "best_test_r2" DOUBLE PRECISION,
    "learning_rate" DOUBLE PRECISION,
    "gradient_norm" DOUBLE PRECISION,
    "active_fraction" DOUBLE PRECISION,
    "dead_neurons" DOUBLE PRECISION,
    "hidden_neurons" DOUBLE PRECISION,
    "parameters" DOUBLE PRECISION,
    "samples_per_second" DOUBLE PRECISION,
    "training_seconds" DOUBLE PRECISION,

    CONSTRAINT "run_figures_pkey" PRIMARY KEY ("run_id")
);

ALTER TABLE "run_figures" ADD CONSTRAINT "run_figures_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

INSERT INTO "run_figures" ("run_id", "started_at", "finished_at", "loss", "accuracy", "epoch_loss", "epoch_accuracy", "val_loss", "val_accuracy", "r2", "macro_f1", "best_step", "best_val_loss", "best_val_accuracy", "test_loss", "test_accuracy", "test_r2", "best_test_loss", "best_test_accuracy", "best_test_r2", "learning_rate", "gradient_norm", "active_fraction", "dead_neurons", "hidden_neurons", "parameters", "samples_per_second", "training_seconds")
SELECT "id", "started_at", "finished_at", ("summary"->>'loss')::float8, ("summary"->>'accuracy')::float8, ("summary"->>'epochLoss')::float8, ("summary"->>'epochAccuracy')::float8, ("summary"->>'valLoss')::float8, ("summary"->>'valAccuracy')::float8, ("summary"->>'r2')::float8, ("summary"->>'macroF1')::float8, ("summary"->>'bestStep')::float8, ("summary"->>'bestValLoss')::float8, ("summary"->>'bestValAccuracy')::float8, ("summary"->>'testLoss')::float8, ("summary"->>'testAccuracy')::float8, ("summary"->>'testR2')::float8, ("summary"->>'bestTestLoss')::float8, ("summary"->>'bestTestAccuracy')::float8, ("summary"->>'bestTestR2')::float8, ("summary"->>'learningRate')::float8, ("summary"->>'gradientNorm')::float8, ("summary"->>'activeFraction')::float8, ("summary"->>'deadNeurons')::float8, ("summary"->>'hiddenNeurons')::float8, ("summary"->>'parameters')::float8, ("summary"->>'samplesPerSecond')::float8, ("summary"->>'trainingSeconds')::float8
FROM "runs" WHERE "status" IN ('succeeded', 'failed', 'cancelled');

CREATE INDEX "run_figures_started_at_idx" ON "run_figures"("started_at", "run_id") WHERE "started_at" IS NOT NULL;
CREATE INDEX "run_figures_finished_at_idx" ON "run_figures"("finished_at", "run_id") WHERE "finished_at" IS NOT NULL;
CREATE INDEX "run_figures_loss_idx" ON "run_figures"("loss", "run_id") WHERE "loss" IS NOT NULL;
CREATE INDEX "run_figures_accuracy_idx" ON "run_figures"("accuracy", "run_id") WHERE "accuracy" IS NOT NULL;
CREATE INDEX "run_figures_epoch_loss_idx" ON "run_figures"("epoch_loss", "run_id") WHERE "epoch_loss" IS NOT NULL;
CREATE INDEX "run_figures_val_loss_idx" ON "run_figures"("val_loss", "run_id") WHERE "val_loss" IS NOT NULL;
CREATE INDEX "run_figures_val_accuracy_idx" ON "run_figures"("val_accuracy", "run_id") WHERE "val_accuracy" IS NOT NULL;
CREATE INDEX "run_figures_r2_idx" ON "run_figures"("r2", "run_id") WHERE "r2" IS NOT NULL;
CREATE INDEX "run_figures_macro_f1_idx" ON "run_figures"("macro_f1", "run_id") WHERE "macro_f1" IS NOT NULL;
CREATE INDEX "run_figures_best_val_loss_idx" ON "run_figures"("best_val_loss", "run_id") WHERE "best_val_loss" IS NOT NULL;
CREATE INDEX "run_figures_best_val_accuracy_idx" ON "run_figures"("best_val_accuracy", "run_id") WHERE "best_val_accuracy" IS NOT NULL;
CREATE INDEX "run_figures_active_fraction_idx" ON "run_figures"("active_fraction", "run_id") WHERE "active_fraction" IS NOT NULL;
CREATE INDEX "run_figures_dead_neurons_idx" ON "run_figures"("dead_neurons", "run_id") WHERE "dead_neurons" IS NOT NULL;
CREATE INDEX "run_figures_parameters_idx" ON "run_figures"("parameters", "run_id") WHERE "parameters" IS NOT NULL;
CREATE INDEX "run_figures_samples_per_second_idx" ON "run_figures"("samples_per_second", "run_id") WHERE "samples_per_second" IS NOT NULL;
CREATE INDEX "run_figures_training_seconds_idx" ON "run_figures"("training_seconds", "run_id") WHERE "training_seconds" IS NOT NULL;

-- What lists of runs are sorted by most. These rows never change.
CREATE INDEX "run_specs_learning_rate_idx" ON "run_specs"((case when jsonb_typeof((searchable #> '{training,optimizer,learningRate}')) = 'number' then (searchable #>> '{training,optimizer,learningRate}')::float8 end), "run_id");
CREATE INDEX "run_specs_optimizer_idx" ON "run_specs"((searchable #>> '{training,optimizer,type}') COLLATE "C", "run_id");
CREATE INDEX "run_specs_batch_size_idx" ON "run_specs"((case when jsonb_typeof((searchable #> '{training,batchSize}')) = 'number' then (searchable #>> '{training,batchSize}')::float8 end), "run_id");
CREATE INDEX "run_specs_epochs_idx" ON "run_specs"((case when jsonb_typeof((searchable #> '{training,epochs}')) = 'number' then (searchable #>> '{training,epochs}')::float8 end), "run_id");
