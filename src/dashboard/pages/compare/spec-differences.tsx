import { layersInWords } from '../../../vocabulary/index.ts';
import { title } from '../../data/actions.ts';
import type { Shown } from './health-table.tsx';

const LABELS = new Set(['name', 'notes', 'tags', 'experiment', 'metadata']);

/** The settings that are not the same in all jobs. */
export function SpecDifferences({ shown }: { shown: Shown[] }) {
  const flat = shown.map(({ run: { spec } }) =>
    flatten({
      ...Object.fromEntries(Object.entries(spec).filter(([key]) => !LABELS.has(key))),
      model: { ...spec.model, layers: layersInWords(spec.model.layers) },
    }),
  );
  const paths = [...new Set(flat.flatMap((places) => [...places.keys()]))].filter(
    (path) => new Set(flat.map((places) => places.get(path))).size > 1,
  );
  return (
    <section class="panel table-scroll" aria-label="Differences between the jobs">
      <div class="panel-head">
        <h2>Differences between the jobs</h2>
      </div>
      {paths.length === 0 ? (
        <p class="panel-body faint">{shown.length > 1 ? 'No differences: these runs trained the same job.' : ''}</p>
      ) : (
        <table class="differences">
          <thead>
            <tr>
              <th scope="col">
                <span class="sr">Setting</span>
              </th>
              {shown.map(({ run, colour }) => (
                <th key={run.id} scope="col">
                  <i class="swatch" style={{ background: colour }} />
                  <bdi>{title(run)}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {paths.map((path) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                </th>
                {flat.map((places, i) => (
                  <td key={shown[i]!.run.id}>{places.get(path) ?? <span class="faint">–</span>}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const LONGEST_LIST = 40;

/** `a.b[1].c` -> value as text. Long lists, such as inline data, are given by their length. */
function flatten(value: unknown, path = '', places = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value) && value.length <= LONGEST_LIST)
    value.forEach((item, i) => flatten(item, `${path}[${i}]`, places));
  else if (Array.isArray(value)) places.set(path, `${value.length} entries`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) flatten(item, path ? `${path}.${key}` : key, places);
  else if (value !== undefined) places.set(path, JSON.stringify(value).replaceAll('"', ''));
  return places;
}
