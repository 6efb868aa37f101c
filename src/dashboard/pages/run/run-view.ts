/** What the page of a run shows, as parameters of its address: "neuron 9 at step 580" is `?step=580&neuron=dense_1:9`. */
import { wholeField, type UrlField } from '../../url-fields.ts';
import { urlState } from '../../url-state.ts';

/** A watched neuron by the name of its layer and its index there. */
export interface NeuronName {
  layer: string;
  index: number;
}

const neuronField = (name: string): UrlField<NeuronName | null> => ({
  name,
  read: (text) => {
    const found = /^(.+):(\d{1,9})$/.exec(text ?? '');
    return found && { layer: found[1]!, index: Number(found[2]) };
  },
  write: (value) => value && `${value.layer}:${value.index}`,
});

export const runView = urlState<{ at: number | null; neuron: NeuronName | null }>({
  /** The past step on screen; null is live. */
  at: wholeField('step', 0),
  neuron: neuronField('neuron'),
});
