import { Type } from 'typebox';
import {
  LONGEST_VIEW_NAME,
  LONGEST_VIEW_STATE,
  VIEW_PAGES,
  type NewView,
  type View,
  type ViewPatch,
} from '../vocabulary/index.ts';
import { closed, schemaOf } from './build.ts';
import { CreatedBySchema, ProjectName } from './projects.ts';

const name = Type.String({ minLength: 1, maxLength: LONGEST_VIEW_NAME });
const page = Type.Enum(VIEW_PAGES, { description: 'The page of the dashboard.' });
const state = Type.String({
  maxLength: LONGEST_VIEW_STATE,
  description: "The query of the page's address, without `?`.",
});

export const ViewSchema = schemaOf<View>()(
  Type.Object({
    id: Type.String(),
    object: Type.Literal('view'),
    project: Type.String({ description: 'The id of the project to which it belongs.' }),
    createdBy: CreatedBySchema,
    name,
    page,
    state,
    createdAt: Type.String(),
  }),
);
export const NewViewSchema = schemaOf<NewView>()(closed({ name, page, state, project: Type.Optional(ProjectName) }));
export const ViewPatchSchema = schemaOf<ViewPatch>()(
  closed({
    name: Type.Optional(name),
    state: Type.Optional(state),
    project: Type.Optional({ ...ProjectName, description: 'Moves the view there. Its id, or its name.' }),
  }),
);
