import type { ComponentChildren } from 'preact';

interface Props {
  columns: readonly string[];
  /** What the last column is for, which has no heading in sight. */
  last?: string;
  children: ComponentChildren;
}

/** A table of things, one per row. On narrow screens the cells say their columns by `data-label`. */
export const Rows = ({ columns, last, children }: Props) => (
  <table class="rows">
    <thead>
      <tr>
        {columns.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {last !== undefined && (
          <th scope="col">
            <span class="sr">{last}</span>
          </th>
        )}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);
