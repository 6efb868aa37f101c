import { percent, whole } from '../../parts/format.ts';
import { Shortened } from '../../parts/shortened.tsx';

const MOST_CLASSES = 12;

/** How many rows each class, or label, has. */
export function ClassesTable({ classes }: { classes: readonly { name: string; count: number }[] }) {
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...classes.map(({ count }) => count), 1);
  return (
    <section class="panel" aria-label="Classes">
      <div class="panel-head">
        <h2>Classes</h2>
        <span class="quiet num">{whole(classes.length)}</span>
      </div>
      <div class="panel-body">
        <Shortened
          class="class-counts"
          noun="classes"
          most={MOST_CLASSES}
          items={classes.map(({ name, count }) => (
            <li key={name}>
              <span dir="auto">{name}</span>
              <i>
                <b style={{ transform: `scaleX(${count / most})` }} />
              </i>
              <span class="num">
                {whole(count)} <span class="faint">{percent(total > 0 ? count / total : null)}</span>
              </span>
            </li>
          ))}
        />
      </div>
    </section>
  );
}
