-- By what runs are searched: their labels and the words of their specs as one text, in the form in which texts are compared. The
-- service fills it when it starts, because that form depends on the database.
CREATE TABLE "run_labels" (
    "run_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "metadata" JSONB NOT NULL,

    CONSTRAINT "run_labels_pkey" PRIMARY KEY ("run_id")
);

ALTER TABLE "run_labels" ADD CONSTRAINT "run_labels_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE INDEX "run_labels_metadata_idx" ON "run_labels" USING GIN ("metadata" jsonb_path_ops);

-- What has a value equal to one that is looked for.
CREATE INDEX "run_specs_searchable_idx" ON "run_specs" USING GIN ("searchable" jsonb_path_ops);

CREATE INDEX "runs_created_by_created_at_id_idx" ON "runs"("created_by", "created_at", "id");
CREATE INDEX "runs_name_idx" ON "runs"("name" COLLATE "C", "id");
CREATE INDEX "runs_experiment_idx" ON "runs"("experiment" COLLATE "C", "id");

-- More of the spec that lists are sorted by.
CREATE INDEX "run_specs_seed_idx" ON "run_specs"((case when jsonb_typeof((searchable #> '{training,seed}')) = 'number' then (searchable #>> '{training,seed}')::float8 end), "run_id");
CREATE INDEX "run_specs_dataset_idx" ON "run_specs"((searchable #>> '{dataset,name}') COLLATE "C", "run_id");
CREATE INDEX "run_specs_units_idx" ON "run_specs"((case when jsonb_typeof((searchable #> '{model,layers,0,units}')) = 'number' then (searchable #>> '{model,layers,0,units}')::float8 end), "run_id");

-- Lists are sorted by any figure, and runs without it come last: an index has them too.
DROP INDEX "run_figures_started_at_idx";
DROP INDEX "run_figures_finished_at_idx";
DROP INDEX "run_figures_loss_idx";
DROP INDEX "run_figures_accuracy_idx";
DROP INDEX "run_figures_epoch_loss_idx";
DROP INDEX "run_figures_val_loss_idx";
DROP INDEX "run_figures_val_accuracy_idx";
DROP INDEX "run_figures_r2_idx";
DROP INDEX "run_figures_macro_f1_idx";
DROP INDEX "run_figures_best_val_loss_idx";
DROP INDEX "run_figures_best_val_accuracy_idx";
DROP INDEX "run_figures_active_fraction_idx";
DROP INDEX "run_figures_dead_neurons_idx";
DROP INDEX "run_figures_parameters_idx";
DROP INDEX "run_figures_samples_per_second_idx";
DROP INDEX "run_figures_training_seconds_idx";
CREATE INDEX "run_figures_started_at_idx" ON "run_figures"("started_at", "run_id");
CREATE INDEX "run_figures_finished_at_idx" ON "run_figures"("finished_at", "run_id");
CREATE INDEX "run_figures_loss_idx" ON "run_figures"("loss", "run_id");
CREATE INDEX "run_figures_accuracy_idx" ON "run_figures"("accuracy", "run_id");
CREATE INDEX "run_figures_epoch_loss_idx" ON "run_figures"("epoch_loss", "run_id");
CREATE INDEX "run_figures_epoch_accuracy_idx" ON "run_figures"("epoch_accuracy", "run_id");
CREATE INDEX "run_figures_val_loss_idx" ON "run_figures"("val_loss", "run_id");
CREATE INDEX "run_figures_val_accuracy_idx" ON "run_figures"("val_accuracy", "run_id");
CREATE INDEX "run_figures_r2_idx" ON "run_figures"("r2", "run_id");
CREATE INDEX "run_figures_macro_f1_idx" ON "run_figures"("macro_f1", "run_id");
CREATE INDEX "run_figures_best_step_idx" ON "run_figures"("best_step", "run_id");
CREATE INDEX "run_figures_best_val_loss_idx" ON "run_figures"("best_val_loss", "run_id");
CREATE INDEX "run_figures_best_val_accuracy_idx" ON "run_figures"("best_val_accuracy", "run_id");
CREATE INDEX "run_figures_test_loss_idx" ON "run_figures"("test_loss", "run_id");
CREATE INDEX "run_figures_test_accuracy_idx" ON "run_figures"("test_accuracy", "run_id");
CREATE INDEX "run_figures_test_r2_idx" ON "run_figures"("test_r2", "run_id");
CREATE INDEX "run_figures_best_test_loss_idx" ON "run_figures"("best_test_loss", "run_id");
CREATE INDEX "run_figures_best_test_accuracy_idx" ON "run_figures"("best_test_accuracy", "run_id");
CREATE INDEX "run_figures_best_test_r2_idx" ON "run_figures"("best_test_r2", "run_id");
CREATE INDEX "run_figures_learning_rate_idx" ON "run_figures"("learning_rate", "run_id");
CREATE INDEX "run_figures_gradient_norm_idx" ON "run_figures"("gradient_norm", "run_id");
CREATE INDEX "run_figures_active_fraction_idx" ON "run_figures"("active_fraction", "run_id");
CREATE INDEX "run_figures_dead_neurons_idx" ON "run_figures"("dead_neurons", "run_id");
CREATE INDEX "run_figures_hidden_neurons_idx" ON "run_figures"("hidden_neurons", "run_id");
CREATE INDEX "run_figures_parameters_idx" ON "run_figures"("parameters", "run_id");
CREATE INDEX "run_figures_samples_per_second_idx" ON "run_figures"("samples_per_second", "run_id");
CREATE INDEX "run_figures_training_seconds_idx" ON "run_figures"("training_seconds", "run_id");
