import { vocabulary } from '../../data/vocabulary.ts';
import { Icon } from '../../parts/icons.tsx';
import type { LayerJob, LayerType } from '../../../vocabulary/index.ts';
import { defaultAt, draft, put, typeOf } from './draft.ts';
import { ChoiceField, NumberField } from './fields.tsx';
import type { Draft } from './fill-in.ts';

type DraftLayer = Draft['model']['layers'][number];

/** A new layer of each type, with values for the options that have no default. */
const NEW: Record<LayerType, LayerJob> = {
  dense: { type: 'dense', units: 16 },
  activation: { type: 'activation', activation: 'relu' },
  dropout: { type: 'dropout', rate: 0.2 },
  alphaDropout: { type: 'alphaDropout', rate: 0.1 },
  batchNormalization: { type: 'batchNormalization' },
  layerNormalization: { type: 'layerNormalization' },
};
const isLayerType = (type: string): type is LayerType => Object.hasOwn(NEW, type);

const set = (layers: DraftLayer[]) => put('model.layers', layers);

/** Hidden layers from input to output; the output layer follows from the data set. */
export function LayerList() {
  const { layers } = draft.value.model;
  const move = (from: number, to: number) => {
    const next: DraftLayer[] = [...layers];
    next.splice(to, 0, ...next.splice(from, 1));
    set(next);
  };
  // The next layer is usually like the last one.
  const add = () => set([...layers, structuredClone(layers.at(-1) ?? NEW.dense)]);
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
            <Type index={i} layer={layer} change={(type) => set(layers.map((old, j) => (j === i ? NEW[type] : old)))} />
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
const shapeOf = (layer: DraftLayer): string =>
  layer.type === 'dense'
    ? [layer.type, typeOf(layer.activation), typeOf(layer.kernelInitializer), typeOf(layer.biasInitializer)].join()
    : [layer.type, 'activation' in layer ? typeOf(layer.activation) : ''].join();

const Type = ({ index, layer, change }: { index: number; layer: DraftLayer; change: (type: LayerType) => void }) => (
  <label class="field">
    <span class="label">Layer</span>
    <select
      class="input"
      value={layer.type}
      aria-label={`Type of layer ${index + 1}`}
      onChange={(event) => {
        if (isLayerType(event.currentTarget.value)) change(event.currentTarget.value);
      }}
    >
      {/* What was typed into the JSON may be no layer type; the server says so, and the field shows it. */}
      {!isLayerType(layer.type) && <option value={layer.type}>{layer.type}</option>}
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
  const isFollowed = typeOf(defaultAt(`${path}.activation`)) === 'linear';
  switch (layer.type) {
    case 'dense':
      return (
        <>
          <NumberField path={`${path}.units`} />
          <ChoiceField
            path={`${path}.activation`}
            choices={vocabulary.activations}
            because={isFollowed ? 'an activation layer follows' : 'default'}
          />
          <ChoiceField
            path={`${path}.kernelInitializer`}
            choices={vocabulary.initializers}
            because="for this activation"
          />
          <ChoiceField path={`${path}.biasInitializer`} choices={vocabulary.initializers} />
        </>
      );
    case 'activation':
      return <ChoiceField path={`${path}.activation`} choices={vocabulary.activations} />;
    case 'dropout':
    case 'alphaDropout':
      return <NumberField path={`${path}.rate`} />;
    case 'batchNormalization':
      return (
        <>
          <NumberField path={`${path}.momentum`} />
          <NumberField path={`${path}.epsilon`} />
        </>
      );
    case 'layerNormalization':
      return <NumberField path={`${path}.epsilon`} />;
  }
}
