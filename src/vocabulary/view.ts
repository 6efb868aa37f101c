import type { PersonName } from './people.ts';

/** Pages of the dashboard of which views can be saved. */
export const VIEW_PAGES = ['runs', 'compare', 'run'] as const;
export type ViewPage = (typeof VIEW_PAGES)[number];

/** What a page shows, saved under a name for the whole team. */
export interface View {
  id: string;
  object: 'view';
  /** The id of the project to which it belongs. */
  project: string;
  createdBy: PersonName | null;
  name: string;
  page: ViewPage;
  /** The query of the page's address, without `?`. */
  state: string;
  /** ISO 8601, UTC. */
  createdAt: string;
}
export type NewView = Pick<View, 'name' | 'page' | 'state'> & {
  /** Id or name. */
  project?: string;
};
export type ViewPatch = Partial<Pick<NewView, 'name' | 'state' | 'project'>>;

/** In UTF-16 units. */
export const LONGEST_VIEW_NAME = 100;
export const LONGEST_VIEW_STATE = 8000;
