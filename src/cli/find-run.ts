/** Runs as they are named on a command line. */
import type { RelumineClient } from '../client/index.ts';
import type { Run } from '../vocabulary/index.ts';
import { clean } from './text.ts';

export const RUN =
  'run id or the beginning of one, a name that only one run has, or latest; latest~1 is the one before';

/** Longer ones cannot be the beginning of an id, or a name. */
const LONGEST = 200;

/** Throws an error with one line for the user if there is no such run, or several. */
export async function findRun(client: RelumineClient, text: string): Promise<Run> {
  const latest = /^latest(?:~(\d{1,2}))?$/.exec(text);
  if (latest) return newest(client, Number(latest[1] ?? 0));
  if (/^run_[0-9a-z]{26}$/.test(text) || text.length > LONGEST) return client.get(text);
  const quoted = JSON.stringify(text);
  const { data } = await client.listPage({
    filter: `name = ${quoted} or id contains ${quoted}`,
    trials: 'include',
    limit: 50,
  });
  const runs = data.filter(({ id, name }) => name === text || id.startsWith(text) || id.startsWith(`run_${text}`));
  const [run, another] = runs;
  if (run && another)
    throw new Error(
      [`${runs.length} runs are called ${quoted}. Name one by its id:`, ...runs.slice(0, 10).map(describe)].join(
        '\n  ',
      ),
    );
  // Asks for it by that id, for the usual answer.
  return run ? client.get(run.id) : client.get(text);
}

export const idOf = async (client: RelumineClient, text: string): Promise<string> => (await findRun(client, text)).id;

async function newest(client: RelumineClient, before: number): Promise<Run> {
  const { data } = await client.listPage({ limit: before + 1 });
  const run = data[before];
  if (run) return client.get(run.id);
  throw new Error(
    data.length === 0
      ? 'There are no runs yet. Submit a job first: relumine submit job.json'
      : `There are only ${data.length} runs.`,
  );
}

const describe = ({ id, name, status }: Run) => `${id}  ${status}  ${clean(name)}`;
