import { get, put } from './draft.ts';
import { inputProps, Labelled } from './fields.tsx';

const PATH = 'training.classWeights';
/** Equal weights, which change nothing until they are edited. */
const START = [1, 1];

/** What each class weighs in the loss: all the same, balanced by their sizes, or as given. */
export function ClassWeightsField() {
  const value = get(PATH) ?? null;
  const isGiven = value !== null && value !== 'balanced';
  const choose = (choice: string) => put(PATH, choice === 'none' ? undefined : choice === 'balanced' ? choice : START);
  return (
    <>
      <Labelled path={PATH} hint="balanced: rare classes count as much as common ones">
        <select
          class="input"
          value={isGiven ? 'given' : (value ?? 'none')}
          {...inputProps(PATH)}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="none">none</option>
          <option value="balanced">balanced</option>
          <option value="given">given numbers</option>
        </select>
      </Labelled>
      {isGiven && (
        <label class="field">
          <span class="label">Weight of each class</span>
          <input
            class="input"
            inputMode="decimal"
            defaultValue={Array.isArray(value) ? value.join(', ') : ''}
            placeholder="separated by commas"
            onInput={(event) => put(PATH, numbersIn(event.currentTarget.value))}
          />
        </label>
      )}
    </>
  );
}

/** What is no number stays as it was typed, for the service to name. */
const numbersIn = (text: string): unknown[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => (Number.isFinite(Number(part)) ? Number(part) : part));
