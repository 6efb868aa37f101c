import { vocabulary } from '../../data/vocabulary.ts';
import { Icon } from '../../parts/icons.tsx';
import { draft, put, typeOf, type DraftLayer } from './draft.ts';
import { ChoiceField, NumberField, SelectField } from './fields.tsx';

const NEW: Record<string, DraftLayer> = {
  dense: { type: 'dense', units: 16, activation: 'relu' },
  activation: { type: 'activation', activation: 'relu' },
  dropout: { type: 'dropout', rate: 0.2 },
  alphaDropout: { type: 'alphaDropout', rate: 0.1 },
};

const set = (layers: DraftLayer[]) => put('model.layers', layers);

/** Hidden layers from input to output; the output layer follows from the data set. */
export function LayerList() {
  const { layers } = draft.value.model;
  const move = (from: number, to: number) => {
    const next = [...layers];
    next.splice(to, 0, ...next.splice(from, 1));
    set(next);
  };
  // A repeated layer is the usual next one.
  const add = () => set([...layers, structuredClone(layers.at(-1) ?? NEW['dense']!)]);
  return (
    <div class="layers">
      {layers.map((layer, i) => (
        <div
          key={i}
          class={`layer ${i > 0 && shapeOf(layer) === shapeOf(layers[i - 1]!) ? 'like-above' : ''}`}
          role="group"
          aria-label={`Layer ${i + 1}`}
        >
          <span class="ordinal num">{i + 1}</span>
          <div class="grid">
            <Type
              index={i}
              layer={layer}
              change={(type) => set(layers.map((old, j) => (j === i ? (NEW[type] ?? { type }) : old)))}
            />
            <Options index={i} layer={layer} />
          </div>
          <div class="moves">
            <button
              type="button"
              class="button plain icon small"
              disabled={i === 0}
              aria-label={`Move layer ${i + 1} up`}
              onClick={() => move(i, i - 1)}
            >
              <Icon name="up" />
            </button>
            <button
              type="button"
              class="button plain icon small"
              disabled={i === layers.length - 1}
              aria-label={`Move layer ${i + 1} down`}
              onClick={() => move(i, i + 1)}
            >
              <Icon name="down" />
            </button>
            <button
              type="button"
              class="button plain icon small"
              aria-label={`Remove layer ${i + 1}`}
              onClick={() => set(layers.filter((_, j) => j !== i))}
            >
              <Icon name="close" />
            </button>
          </div>
        </div>
      ))}
      <button type="button" class="button small" onClick={add}>
        <Icon name="plus" />
        Add layer
      </button>
    </div>
  );
}

/** Layers with the same fields stand as rows of a table under one line of labels. */
const shapeOf = ({ type, activation, kernelInitializer, biasInitializer }: DraftLayer): string =>
  [type, ...[activation, kernelInitializer, biasInitializer].map((choice) => typeOf(choice))].join();

const Type = ({ index, layer, change }: { index: number; layer: DraftLayer; change: (type: string) => void }) => (
  <label class="field">
    <span class="label">Layer</span>
    <select
      class="input"
      value={layer.type}
      aria-label={`Type of layer ${index + 1}`}
      onChange={(event) => change(event.currentTarget.value)}
    >
      {vocabulary.layerTypes.map((type) => (
        <option key={type} value={type}>
          {type}
        </option>
      ))}
    </select>
  </label>
);

function Options({ index, layer }: { index: number; layer: DraftLayer }) {
  const path = `model.layers.${index}`;
  switch (layer.type) {
    case 'dense':
      return (
        <>
          <NumberField path={`${path}.units`} label="Units" />
          <ChoiceField
            path={`${path}.activation`}
            label="Activation"
            choices={vocabulary.activations}
            byDefault="linear"
          />
          <ChoiceField path={`${path}.kernelInitializer`} label="Kernel" choices={vocabulary.initializers} />
          <ChoiceField path={`${path}.biasInitializer`} label="Bias" choices={vocabulary.initializers} />
        </>
      );
    case 'activation':
      return (
        <ChoiceField path={`${path}.activation`} label="Activation" choices={vocabulary.activations} byDefault="relu" />
      );
    case 'dropout':
    case 'alphaDropout':
      return <NumberField path={`${path}.rate`} label="Rate" />;
    case 'batchNormalization':
      return (
        <>
          <NumberField path={`${path}.momentum`} label="Momentum" byDefault={0.9} />
          <NumberField path={`${path}.epsilon`} label="Epsilon" byDefault={1e-5} />
        </>
      );
    case 'layerNormalization':
      return <NumberField path={`${path}.epsilon`} label="Epsilon" byDefault={1e-5} />;
    default:
      return <SelectField path={`${path}.type`} label="Type" options={vocabulary.layerTypes} />;
  }
}
