/** What is wrong, and where. Lines count from 1; a column is named, or counted from 1. */
export interface Damage {
  message: string;
  line?: number;
  column?: string | number;
  /** The name of the file, or of an option that is wrong. */
  path?: string;
}

/** What is wrong and where, as one line: `Line 7, column age: ...`. */
export function damageLine({ line, column, path, message }: Damage): string {
  const place = [
    path || undefined,
    // Some messages begin with it.
    line === undefined || message.startsWith(`Line ${line} `) ? undefined : `line ${line}`,
    column === undefined ? undefined : `column ${column}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  return place ? `${path ? place : place.charAt(0).toUpperCase() + place.slice(1)}: ${message}` : message;
}
