/** Data sets by their names and addresses, and the search among them. */
import type { DatasetInfo, ListedDataset } from '../../vocabulary/index.ts';

/** How a job and an address name it: an uploaded data set by its id, any other by its name. */
export const keyOf = ({ id, name }: ListedDataset): string => id ?? name ?? '';
export const titleOf = ({ id, name }: ListedDataset): string => name ?? id ?? '';
export const datasetPath = (info: ListedDataset): string => `/datasets/${encodeURIComponent(keyOf(info))}`;
export const newRunPath = (info: ListedDataset): string => `/new?dataset=${encodeURIComponent(keyOf(info))}`;

/** Files of the machine are read when they are first named: until then their size is not known. */
export const isRead = (info: ListedDataset): info is DatasetInfo => info.task !== null;

/** The list of the runs that name it, in the grammar of the API's filter. */
export const runsPath = ({ id, name }: ListedDataset): string => {
  const condition = id === undefined ? `spec.dataset.name = ${quote(name ?? '')}` : `spec.dataset.id = ${quote(id)}`;
  return `/?${new URLSearchParams({ filter: condition }).toString()}`;
};
const quote = (text: string) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** Those whose name, id or description has every word of the text. */
export function matching(list: readonly ListedDataset[], text: string): ListedDataset[] {
  const words = text.toLowerCase().normalize('NFC').split(/\s+/).filter(Boolean);
  return list.filter((info) => {
    const about = [info.name, info.id, info.description, info.task, info.kind].join(' ').toLowerCase();
    return words.every((word) => about.includes(word));
  });
}
