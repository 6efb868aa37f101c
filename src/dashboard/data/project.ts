/** The project that lists show and new things go to: part of the address, so that it can be sent to a colleague. */
import { computed } from '@preact/signals';
import { textField } from '../url-fields.ts';
import { urlState } from '../url-state.ts';
import { me } from './me.ts';

export const projectView = urlState({ project: textField('project') });

/** Its id; empty: all that one may see. */
export const shownProject = computed(() => {
  const wanted = projectView.value.project;
  return me.value?.projects.find(({ id, name }) => id === wanted || name === wanted)?.id ?? wanted;
});

/** There is a choice. */
export const hasProjects = computed(() => me.value !== null && me.value.projects.length > 1);

/** The address of another page with the same project. */
export function inProject(path: string): string {
  const { project } = projectView.value;
  return project === '' ? path : `${path}?${new URLSearchParams({ project })}`;
}
