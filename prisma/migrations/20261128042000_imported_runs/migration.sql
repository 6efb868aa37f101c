-- Runs that came in with an archive. They have ended, and no worker takes them.
ALTER TYPE "run_source" ADD VALUE 'imported';
