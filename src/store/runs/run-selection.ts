/** Which runs a list or a group has: conditions, and the tables that they are over. */
import { isFinal, type Filter } from '../../vocabulary/index.ts';
import type { Bind } from '../postgres/bindings.ts';
import { formsOf, type Folding } from '../postgres/folding.ts';
import { cleanText } from '../postgres/text.ts';
import type { RunSelection } from '../store.ts';
import type { Part } from './run-expressions.ts';
import { conditionOf, isOverFigures, readFilter } from './run-filter.ts';
import { hasFound } from './run-labels.ts';
import { UNFINISHED } from './run-statuses.ts';

/** A selection that is read once, for statements over one or several parts of the runs. */
export interface Chosen extends Omit<RunSelection, 'filter'> {
  filter: Filter | null;
  /** The runs that matched some of the conditions a moment ago, if they are few. */
  narrowed: readonly string[] | null;
}

/** Throws INVALID_REQUEST for a wrong filter. */
export const readSelection = ({ filter, ...rest }: RunSelection, narrowed: readonly string[] | null): Chosen => ({
  ...rest,
  filter: readFilter(filter),
  narrowed,
});

/** The parts in which runs are read where their figures matter. */
export function partsOf({ filter, status }: Chosen, usesFigures: boolean): Part[] {
  if (!usesFigures && !(filter && isOverFigures(filter))) return ['all'];
  const parts: Part[] = [];
  if (!status || status.some(isFinal)) parts.push('ended');
  if (!status || status.some((each) => !isFinal(each))) parts.push('unfinished');
  return parts.length > 0 ? parts : ['all'];
}

/** With a single value, an index behind it is in order. */
export const oneOf = (column: string, values: readonly unknown[], type: string, bind: Bind): string =>
  values.length === 1 ? `${column} = ${bind(values[0])}::${type}` : `${column} = any(${bind(values)}::${type}[])`;

export class Selection {
  readonly conditions: string[] = [];
  readonly #part: Part;
  #needsSpec = false;
  #needsLabels = false;

  constructor(chosen: Chosen, tools: { bind: Bind; folding: Folding; part: Part }) {
    this.#part = tools.part;
    this.#select(chosen, tools);
  }

  readonly useSpec = (): void => {
    this.#needsSpec = true;
  };

  get tables(): string {
    const runs = this.#part === 'ended' ? 'run_figures join runs on runs.id = run_figures.run_id' : 'runs';
    const specs = this.#needsSpec ? ' join run_specs on run_specs.run_id = runs.id' : '';
    return `${runs}${specs}${this.#needsLabels ? ' join run_labels on run_labels.run_id = runs.id' : ''}`;
  }
  get where(): string {
    return this.conditions.length > 0 ? `where ${this.conditions.join(' and ')}` : '';
  }

  #select(
    { sight = null, ids, createdBy, status, experiment, tag, parent, trials, q, filter, narrowed }: Chosen,
    { bind, folding, part }: { bind: Bind; folding: Folding; part: Part },
  ): void {
    const { conditions } = this;
    if (part === 'unfinished') conditions.push(`runs.status in ${UNFINISHED}`);
    // In a query of its own, so that the planner takes them for few.
    if (narrowed) conditions.push(`runs.id = any(array(select unnest(${bind(narrowed)}::text[])))`);
    if (sight) conditions.push(oneOf('project_id', sight, 'text', bind));
    if (ids) conditions.push(`runs.id = any(${bind(ids)}::text[])`);
    if (createdBy !== undefined) conditions.push(`created_by = ${bind(cleanText(createdBy))}`);
    if (status) conditions.push(oneOf('status', status, 'run_status', bind));
    if (experiment !== undefined) conditions.push(oneOf('experiment', formsOf(cleanText(experiment)), 'text', bind));
    if (tag !== undefined) conditions.push(`tags && ${bind(formsOf(cleanText(tag)))}`);
    if (parent !== undefined) conditions.push(`parent_id = ${bind(cleanText(parent))}`);
    else if (trials !== 'include') conditions.push('trials_id is null');
    if (q) {
      this.#needsLabels = true;
      // By the index they have been found already, if they are few.
      conditions.push(hasFound(q, { bind, folding }));
    }
    if (filter) conditions.push(conditionOf(filter, { bind, folding, part, useSpec: this.useSpec }));
  }
}
