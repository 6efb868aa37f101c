import { Stroke } from '../../charts/legend.tsx';
import { compareView } from './compare-view.ts';
import { isDifferent, pathsOf, settingsOf } from './settings.ts';
import type { Shown } from './shown.ts';

/** A longer text, such as a deep model, is folded. */
const LONG = 60,
  BEGINNING = 40;

/** The settings that are not the same in all jobs or, when asked for, all of them. */
export function SpecDifferences({ shown }: { shown: Shown[] }) {
  const { hasAll } = compareView.value;
  const all = shown.map(({ run }) => settingsOf(run.spec));
  const every = pathsOf(all);
  const different = every.filter((path) => isDifferent(all, path));
  const paths = hasAll ? every : different;
  return (
    <section class="panel" aria-label="Differences between the jobs">
      <div class="panel-head">
        <h2>{hasAll ? 'Settings of the jobs' : 'Differences between the jobs'}</h2>
        <span class="quiet num">
          {different.length} of {every.length} settings differ
        </span>
        <label class="check push">
          <input
            type="checkbox"
            checked={!hasAll}
            onChange={(event) => compareView.set({ hasAll: !event.currentTarget.checked })}
          />
          Differences only
        </label>
      </div>
      {paths.length === 0 ? (
        <p class="panel-body faint">{shown.length > 1 ? 'No differences: these runs trained the same job.' : ''}</p>
      ) : (
        <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of settings">
          <table class="differences">
            <thead>
              <tr>
                <th scope="col">
                  <span class="sr">Setting</span>
                </th>
                {shown.map((one) => (
                  <th key={one.run.id} scope="col">
                    <Stroke curve={one} />
                    <bdi>{one.name}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {paths.map((path) => (
                <tr key={path} class={hasAll && different.includes(path) ? 'differs' : ''}>
                  <th scope="row">
                    <code>{path}</code>
                    {hasAll && different.includes(path) && <span class="split">differs</span>}
                  </th>
                  {all.map((settings, i) => (
                    <td key={shown[i]!.run.id}>
                      <Value text={settings.get(path)} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Value({ text }: { text: string | undefined }) {
  if (text === undefined) return <span class="faint">–</span>;
  if (text.length <= LONG) return <>{text}</>;
  return (
    <details class="folded">
      <summary>{text.slice(0, BEGINNING)}…</summary>
      {text}
    </details>
  );
}
