/** JSON Lines: one object per row, with the values that the row has. A number that is not finite is null. */
import type { ExportTable } from './table.ts';

export async function* jsonLinesOf({ columns, batches }: ExportTable): AsyncGenerator<string> {
  const names = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  for await (const batch of batches) {
    const rows = batch[0]?.length ?? 0;
    let text = '';
    for (let row = 0; row < rows; row += 1) {
      let members = '';
      for (const [i, name] of names.entries()) {
        const value = batch[i]?.[row];
        if (value !== undefined) members += `${members === '' ? '' : ','}${name}${JSON.stringify(value)}`;
      }
      text += `{${members}}\n`;
    }
    if (text !== '') yield text;
  }
}
