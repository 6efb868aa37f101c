/** What the comparison shows, as parameters of its address. */
import { BANDS, MIDDLES, type Band, type Middle } from '../../charts/combine.ts';
import { choiceField, flagField, listField, textField } from '../../url-fields.ts';
import { urlState } from '../../url-state.ts';

export const compareView = urlState<{
  runs: string[];
  /** The id of the run that the others are measured against. */
  base: string;
  /** The path of the setting whose values are the groups. */
  group: string;
  middle: Middle;
  band: Band;
  /** Settings that are the same in all jobs are listed too. */
  hasAll: boolean;
}>({
  runs: listField('runs'),
  base: textField('base'),
  group: textField('group'),
  middle: choiceField('middle', MIDDLES, 'mean'),
  band: choiceField('band', BANDS, 'std'),
  hasAll: flagField('all'),
});
