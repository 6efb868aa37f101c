import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Column, PreparedColumn, Preparation, PreviewValue, Run } from '../../../../vocabulary/index.ts';
import { service } from '../../../data/service.ts';

export interface Inputs {
  columns: readonly Column[];
  /** The service takes rows by these names; otherwise lists of numbers in their order. */
  isNamed: boolean;
  /** Of a row of the data set, by the names of the columns: something to start from. */
  example: Readonly<Record<string, PreviewValue>>;
}

/** What the run's model takes; null until it is known. */
export function useInputs(run: Run): Inputs | null {
  const inputs = useSignal<Inputs | null>(null);
  useEffect(() => {
    let isOver = false;
    void findInputs(run).then(
      (found) => {
        if (!isOver) inputs.value = found;
      },
      // A run that was cancelled before its first checkpoint has no model to ask.
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [run.id]);
  return inputs.value;
}

async function findInputs(run: Run): Promise<Inputs> {
  const { id, version } = run.spec.dataset;
  if (id !== undefined) {
    try {
      const { columns } = await service.dataset(id, { version });
      if (columns)
        return {
          columns: columns.filter(({ role }) => role === 'input'),
          isNamed: true,
          example: await firstRow(id, version),
        };
    } catch {
      // It was deleted. The model still knows its columns.
    }
  }
  return inputsOfModel(run);
}

/** What the model itself says. Runs of earlier versions say how many inputs there are, and no names. */
async function inputsOfModel({ id }: Run): Promise<Inputs> {
  const model: unknown = JSON.parse(new TextDecoder().decode(await service.model(id, 'json')));
  const { preparation, features = 0 } = model as { preparation?: Preparation; features?: number };
  return {
    columns: (preparation?.columns ?? numbered(features)).map((column) => ({
      ...column,
      role: 'input',
      missing: 0,
      distinct: null,
      fill: undefined,
    })),
    isNamed: preparation !== undefined,
    example: {},
  };
}

async function firstRow(id: string, version: number | undefined): Promise<Inputs['example']> {
  try {
    const { columns, rows } = await service.previewDataset(id, { rows: 1, version });
    return Object.fromEntries(columns.map(({ name }, at) => [name, rows[0]?.[at] ?? null]));
  } catch {
    return {};
  }
}

const numbered = (features: number): PreparedColumn[] =>
  Array.from({ length: features }, (_, index) => ({ name: `x${index + 1}`, kind: 'numeric', width: 1 }));
