/** Saved views of a page: shared by all; which one opens by default is each person's own choice. */
import { signal } from '@preact/signals';
import type { View, ViewPage } from '../../vocabulary/index.ts';
import { service } from './service.ts';

export const views = signal<readonly View[]>([]);

/** `project`: only of that one; undefined: of all that one may see. */
export async function loadViews(page: ViewPage, project?: string): Promise<void> {
  views.value = await service.views(page, { project });
}

export async function saveView(page: ViewPage, name: string, state: string, project?: string): Promise<void> {
  const saved = await service.saveView({ name, page, state, ...(project !== undefined && { project }) });
  views.value = [...views.value, saved];
}
export async function changeView(id: string, patch: { name?: string; state?: string }): Promise<void> {
  const changed = await service.patchView(id, patch);
  views.value = views.value.map((view) => (view.id === id ? changed : view));
}
export async function deleteView(id: string): Promise<void> {
  await service.deleteView(id);
  views.value = views.value.filter((view) => view.id !== id);
}

const keyOf = (page: ViewPage) => `default view of ${page}`;
/** The id of the view that the page opens with; null for none, and where the browser keeps nothing. */
export function defaultView(page: ViewPage): string | null {
  try {
    return localStorage.getItem(keyOf(page));
  } catch {
    return null;
  }
}
export function setDefaultView(page: ViewPage, id: string | null): void {
  try {
    if (id === null) localStorage.removeItem(keyOf(page));
    else localStorage.setItem(keyOf(page), id);
  } catch {
    // The page then opens as it is by itself.
  }
}
