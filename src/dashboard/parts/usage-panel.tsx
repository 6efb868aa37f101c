import { LIMITED, type Limited, type Usage } from '../../vocabulary/index.ts';
import { bytes, whole } from './format.ts';
import { LIMIT_LABELS } from './labels.ts';
import { Meter } from './meter.tsx';
import { Fault } from './states.tsx';
import { useLoaded } from './use-loaded.ts';

/** What somebody, or a project, uses, beside what may be used. */
export function UsagePanel({ title, load, of }: { title: string; load: () => Promise<Usage>; of?: string }) {
  const { value, fault } = useLoaded(load, [of]);
  return (
    <section class="panel" aria-labelledby="usage-title">
      <div class="panel-head">
        <h2 id="usage-title">{title}</h2>
      </div>
      <div class="panel-body">
        {fault.value !== null && <Fault of={fault.value} />}
        {value.value && (
          <dl class="usage">
            {LIMITED.map((name) => {
              const { used, limit } = value.value!.limits[name];
              return (
                <div key={name}>
                  <dt>{LIMIT_LABELS[name]}</dt>
                  <dd class="num">
                    {inUnit(name, used)}
                    {limit === null ? ', no limit' : ` of ${inUnit(name, limit)}`}
                    {limit !== null && <Meter share={limit === 0 ? 1 : Math.min(1, used / limit)} />}
                  </dd>
                </div>
              );
            })}
          </dl>
        )}
      </div>
    </section>
  );
}

const inUnit = (name: Limited, value: number): string => (name === 'storageBytes' ? bytes(value) : whole(value));
