import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draft, filled, put, readDraft } from '../../src/dashboard/pages/new-run/draft.ts';
import { fillIn, type Draft } from '../../src/dashboard/pages/new-run/fill-in.ts';
import { plainJob, PRESETS } from '../../src/dashboard/pages/new-run/presets.ts';
import { applyRemedy, REMEDIES } from '../../src/dashboard/pages/new-run/remedies.ts';
import { readJob } from '../../src/jobs/index.ts';
import { mergePatch } from '../../src/vocabulary/index.ts';
import { diagnose } from '../../src/neurons/index.ts';
import {
  ACTIVATIONS,
  BUILT_IN_DATASETS,
  INITIALIZER_OPTIONS,
  LAYER_TYPES,
  NEURON_STATES,
  namesOf,
  OPTIMIZER_OPTIONS,
  SCHEDULE_OPTIONS,
  type Advice,
  type Job,
  type JobSpec,
  type LayerHealth,
  type LayerJob,
  type LifeEvent,
  type Neurons,
} from '../../src/vocabulary/index.ts';

function specOf(job: unknown): JobSpec {
  const resolved = readJob(job, { drawSeed: () => 0 });
  assert.ok('spec' in resolved, JSON.stringify(resolved));
  return resolved.spec;
}

/** What only the service can know: the data set's figures and task, and a name made from them. */
const comparable = ({ dataset: { samples: _samples, noise: _noise, ...dataset }, training, ...spec }: JobSpec) => ({
  ...spec,
  dataset,
  training: { ...training, loss: null },
});

const check = (job: Draft) => {
  const read = comparable(specOf(job));
  assert.deepEqual({ ...comparable(fillIn(job)), name: read.name }, read, JSON.stringify(job));
};

const withLayers = (layers: LayerJob[]): Job => ({ dataset: { name: 'xor' }, model: { layers } });

describe('what the form shows for unset fields', () => {
  it('is what the service fills in, for every preset and an empty job', () => {
    for (const { job } of PRESETS) check(job);
    check(withLayers([]));
  });

  it('is what the service fills in, for a plain job on any data set', () => {
    for (const [name, info] of Object.entries(BUILT_IN_DATASETS)) {
      const job = plainJob({ object: 'dataset', name, ...info });
      check(job);
      assert.ok(specOf(job).training.epochs >= 5 && specOf(job).training.epochs <= 200, name);
    }
  });

  it('follows the activation, even if a separate layer gives it', () => {
    for (const activation of ACTIVATIONS) {
      check(withLayers([{ type: 'dense', units: 4, activation }]));
      check(
        withLayers([{ type: 'dense', units: 4 }, { type: 'layerNormalization' }, { type: 'activation', activation }]),
      );
    }
    // A linear layer of type activation changes nothing.
    check(
      withLayers([
        { type: 'dense', units: 4 },
        { type: 'activation', activation: 'linear' },
        { type: 'activation', activation: 'selu' },
      ]),
    );
    check(
      withLayers([
        { type: 'dense', units: 4 },
        { type: 'dense', units: 4 },
        { type: 'activation', activation: 'tanh' },
      ]),
    );
  });

  it('follows the options of every choice', () => {
    for (const type of namesOf(OPTIMIZER_OPTIONS)) check({ ...withLayers([]), training: { optimizer: type } });
    for (const type of namesOf(SCHEDULE_OPTIONS)) {
      const schedule = type === 'step' ? { type, stepSize: 10 } : type;
      check({ ...withLayers([]), training: { schedule } });
    }
    check({ ...withLayers([]), training: { stopping: { patience: 3 }, classWeights: 'balanced' } });
    for (const type of namesOf(INITIALIZER_OPTIONS)) {
      const choice = type === 'constant' ? { type, value: 0.5 } : type;
      check(withLayers([{ type: 'dense', units: 4, kernelInitializer: choice }]));
    }
  });

  it('holds for every type of layer', () => {
    const given: Record<(typeof LAYER_TYPES)[number], LayerJob> = {
      dense: { type: 'dense', units: 3 },
      activation: { type: 'activation', activation: 'celu' },
      dropout: { type: 'dropout', rate: 0.5 },
      alphaDropout: { type: 'alphaDropout', rate: 0.5 },
      batchNormalization: { type: 'batchNormalization' },
      layerNormalization: { type: 'layerNormalization' },
    };
    check(withLayers([given.dense, ...LAYER_TYPES.filter((type) => type !== 'dense').map((type) => given[type])]));
  });

  it('keeps what is set, and changes nothing in a spec', () => {
    for (const { job } of PRESETS) assert.deepEqual(fillIn(specOf(job)), specOf(job));
  });

  it('stays while an invalid value is typed', () => {
    draft.value = PRESETS[0].job;
    put('training.epochs', 'many');
    put('model.layers.0.type', 'conv2d');
    assert.equal(filled.value.training.batchSize, 128);
  });
});

describe('a remedy in the form', () => {
  it('gives a job that can run, or does not apply', () => {
    for (const { job, id } of PRESETS) {
      const applied = REMEDIES.filter((code) => {
        const remedied = applyRemedy(job, code);
        if (remedied) specOf(remedied);
        return remedied !== null;
      });
      assert.ok(applied.length >= 6, `${id}: ${applied.join()}`);
    }
  });

  it('is the change that a diagnosis advises', () => {
    for (const { job, id } of PRESETS) {
      const seeded = { ...job, training: { ...job.training, seed: 1 } };
      const spec = specOf(seeded);
      // The first piece treats several causes together.
      const advice = new Map(
        adviceFor(spec)
          .slice(1)
          .map((entry) => [entry.code, entry]),
      );
      let compared = 0;
      for (const code of REMEDIES) {
        const advised = advice.get(code);
        const remedied = applyRemedy(seeded, code);
        if (!remedied || !advised) continue;
        const { name: _name, tags: _tags, ...fromForm } = specOf(remedied);
        const { name: _old, tags: _oldTags, ...fromAdvice } = specOf(mergePatch(spec, advised.patch));
        assert.deepEqual(fromForm, fromAdvice, `${id} ${code}`);
        compared += 1;
      }
      assert.ok(compared >= 1, `${id}: ${compared}`);
    }
  });

  it('appears in the name and tags of the run, and leaves the rest of the job unchanged', () => {
    const { job } = PRESETS.find(({ id }) => id === 'hot') ?? assert.fail('no such preset');
    const remedied = applyRemedy(job, 'clipGradients');
    assert.ok(remedied);
    assert.equal(remedied.name, 'learning rate too high, gradient clipping');
    assert.deepEqual(remedied.tags, ['high-rate', 'clipGradients']);
    assert.deepEqual([remedied.dataset, remedied.model], [job.dataset, job.model]);
    assert.equal(remedied.training?.seed, undefined);
  });
});

it('a job keeps what the form does not offer', () => {
  const output = {
    activation: 'linear',
    kernelInitializer: { type: 'orthogonal', gain: 2 },
    biasInitializer: { type: 'zeros' },
  };
  const { job } = PRESETS[0];
  const spec = specOf({ ...job, model: { ...job.model, output } });
  draft.value = spec;
  put('model.layers.0.units', 9);
  put('model.layers', draft.value.model.layers.slice(0, 2));
  assert.deepEqual(draft.value.model, {
    layers: [{ ...spec.model.layers[0], units: 9 }, spec.model.layers[1]],
    output,
  });
});

it('JSON that is not a job is refused before the form draws it', () => {
  const cases: [text: string, fault: RegExp][] = [
    ['{', /^Not valid JSON: /],
    ['[]', /^A job is a JSON object\.$/],
    ['{"dataset": 1}', /"dataset" must be an object/],
    ['{"model": {"layers": [null]}}', /"model\.layers" must be a list of objects/],
  ];
  for (const [text, fault] of cases) {
    const read = readDraft(text);
    assert.ok('fault' in read, text);
    assert.match(read.fault, fault);
  }
  assert.deepEqual(readDraft('{"name": "a"}'), { name: 'a', dataset: {}, model: { layers: [] }, training: {} });
});

/** The advice for a run of `spec` in which half of every layer was born dead and half died in training. */
function adviceFor(spec: JobSpec): Advice[] {
  const dense = spec.model.layers.filter((layer) => layer.type === 'dense');
  const neurons: Neurons = {
    object: 'neurons',
    step: 100,
    samples: 1000,
    exact: true,
    finite: true,
    layers: dense.map(({ units }, i): LayerHealth => {
      const counts = Object.fromEntries(NEURON_STATES.map((state) => [state, 0])) as LayerHealth['counts'];
      return {
        name: `dense_${i + 1}`,
        units,
        activation: 'relu',
        counts: { ...counts, dead: units },
        definitions: null,
        neurons: Array.from({ length: units }, (_, index) => deadNeuron(index)),
      };
    }),
  };
  const input = { spec, verdicts: [{ neurons, evidence: null }], error: null, plannedSteps: 0 };
  return diagnose(input).advice;
}

const deadNeuron = (index: number): LayerHealth['neurons'][number] => {
  const history: LifeEvent[] = index % 2 === 0 ? [{ type: 'bornDead', step: 0 }] : [{ type: 'died', step: 50 }];
  return {
    index,
    state: 'dead',
    permanent: false,
    certificate: null,
    firedFraction: 0,
    firedBound: 0.003,
    minPreActivation: -2,
    maxPreActivation: -1,
    meanAbs: 0,
    outputRange: 0,
    gradientZero: true,
    tauScore: 0,
    bias: 0,
    incomingNorm: 1,
    outgoingNorm: 1,
    history,
  };
};
