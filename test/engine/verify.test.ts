/** Valid programs are accepted after every pass, and each rule rejects a program that breaks it and names the node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CROSSING_LIMITS } from '../../src/engine/executors/onnx/step-graph.ts';
import { joinPrograms } from '../../src/engine/program/join.ts';
import { ProgramBuilder } from '../../src/engine/program/builder.ts';
import type { Node } from '../../src/engine/program/operations.ts';
import { fuseOperators } from '../../src/engine/program/passes/fusion.ts';
import type { FusedProgram, OperatorName } from '../../src/engine/program/passes/operators.ts';
import { stageProgram, type Staging } from '../../src/engine/program/passes/stages.ts';
import type { Program } from '../../src/engine/program/program.ts';
import { prune } from '../../src/engine/program/prune.ts';
import { verifyFused, verifyProgram, verifyStaging } from '../../src/engine/program/verify.ts';
import type { TrainingData } from '../../src/engine/network.ts';
import { planNetwork } from '../../src/engine/programs/plan-network.ts';
import {
  ACTIVATION_OPTIONS,
  ACTIVATIONS,
  fill,
  LOSSES,
  type Activation,
  type ActivationName,
  type LayerSpec,
  type Task,
  type TrainingSpec,
} from '../../src/vocabulary/index.ts';
import { ADAM, classificationData, dense, regressionData, SGD, training } from './specs.ts';

const NORMALIZATIONS: LayerSpec[] = [
  { type: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 },
  { type: 'layerNormalization', epsilon: 1e-3 },
];
const DROPOUTS: LayerSpec[] = [
  { type: 'dropout', rate: 0.2 },
  { type: 'alphaDropout', rate: 0.2 },
];
const activation = (type: ActivationName): Activation => fill(ACTIVATION_OPTIONS, type);
const STACKS: Record<string, LayerSpec[]> = {
  'no hidden layer': [],
  'a deep network': Array.from({ length: 60 }, () => dense(40)),
  'layers of every type': [
    dense(40, { type: 'linear' }),
    ...NORMALIZATIONS,
    { type: 'activation', activation: { type: 'prelu', alpha: 0.25 } },
    ...DROPOUTS,
    dense(5),
  ],
  ...Object.fromEntries(ACTIVATIONS.map((type) => [type, [8, 40].map((units) => dense(units, activation(type)))])),
};
const OPTIMIZERS: TrainingSpec['optimizer'][] = [
  SGD,
  { ...SGD, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
  ADAM,
  { ...ADAM, type: 'adamw', weightDecay: 0.1 },
  { type: 'rmsprop', learningRate: 0.1, rho: 0.9, momentum: 0.5, epsilon: 1e-5, weightDecay: 0 },
  { type: 'adagrad', learningRate: 0.1, epsilon: 1e-8, weightDecay: 0.1 },
];

const DATA: Record<Task, TrainingData> = {
  classification: classificationData(),
  multilabel: { ...regressionData(), task: 'multilabel' },
  regression: regressionData(),
};

function verifyNetwork(layers: LayerSpec[], spec: TrainingSpec, data = DATA.classification): void {
  for (const routine of planNetwork({ layers }, spec, data).all) {
    for (const part of routine.programs) verifyProgram(part);
    const program = joinPrograms(routine);
    verifyProgram(program);
    const fused = fuseOperators(program);
    verifyFused(fused);
    verifyStaging(fused, stageProgram(fused, CROSSING_LIMITS));
  }
}

for (const [name, layers] of Object.entries(STACKS)) {
  test(`the programs of ${name} are valid after every pass`, () => {
    verifyNetwork(layers, training({ clipNorm: 1 }));
  });
}

test('a program that loses a state is valid once it is pruned, and no node is left that only the state needed', () => {
  const [routine] = planNetwork({ layers: STACKS['layers of every type'] ?? [] }, training(), DATA.classification).all;
  assert.ok(routine);
  const train = joinPrograms(routine);
  const states = train.states.filter(({ name }) => name !== 'probes');
  assert.throws(() => verifyProgram({ ...train, states }), /is bound to 0 states/);
  const pruned = prune({ ...train, states });
  verifyProgram(pruned);
  assert.ok(pruned.nodes.length < train.nodes.length);
  assert.deepEqual(prune(train), train, 'a valid program stays as it is');
});

test('the programs of every optimizer and loss are valid after every pass', () => {
  for (const optimizer of OPTIMIZERS) verifyNetwork([dense(8, activation('prelu'))], training({ optimizer }));
  for (const loss of LOSSES) {
    for (const data of loss === 'softmaxCrossEntropy' ? [DATA.classification] : [DATA.multilabel, DATA.regression])
      verifyNetwork([dense(8)], training({ loss }), data);
  }
});

/** A small program with every role. */
function legal(): Program {
  const b = new ProgramBuilder();
  const weights = b.state('weights', 6);
  const total = b.state('total', 2);
  const rows = b.gather(b.data('table', 'float32', [7, 3]), b.step('indices', 'int32', ['batch']));
  const product = b.matMul(rows, b.reshape(weights, [3, 2]));
  b.update(weights, b.mul(weights, b.step('rate', 'float32', [])));
  b.update(total, b.add(total, b.sum(product, [0])));
  b.output('largest', b.max(product, [0, 1]));
  return b.build('small');
}

type Change = (program: Program) => Program;
const idOf = ({ nodes }: FusedProgram, op: string): number =>
  nodes.findIndex((node) => node !== null && (node.op === op || (node.op === 'input' && node.name === op)));
/** Changes the first node with an operation, or the input with a name. */
const node =
  (op: string, patch: object | ((found: Node, program: Program) => object)): Change =>
  (program) => {
    const id = idOf(program, op);
    return {
      ...program,
      nodes: program.nodes.map((found) =>
        found.id === id
          ? ({ ...found, ...(typeof patch === 'function' ? patch(found, program) : patch) } as Node)
          : found,
      ),
    };
  };
const append =
  (make: (program: Program) => { op: string; inputs: number[] }): Change =>
  (program) => ({
    ...program,
    nodes: [...program.nodes, { id: program.nodes.length, dtype: 'float32', shape: [], ...make(program) } as Node],
  });

const ILLEGAL: Record<string, [Change, RegExp]> = {
  'a node at another position': [node('matMul', { id: 40 }), /node 40 \(matMul\) has the position/],
  'an operand that comes later': [
    node('matMul', ({ inputs }, { nodes }) => ({ inputs: [inputs[0], nodes.length - 1] })),
    /\(matMul\) reads node \d+, which is not computed before it/,
  ],
  'an operand that does not exist': [node('matMul', { inputs: [0, 99] }), /\(matMul\) reads node 99/],
  'a missing operand': [node('matMul', ({ inputs }) => ({ inputs: [inputs[0]] })), /matMul takes 2 operands/],
  'a type that the operation does not produce': [
    node('reshape', { dtype: 'int32' }),
    /\(reshape\) is int32 but makes float32/,
  ],
  'a shape that the operation does not produce': [
    node('matMul', { shape: ['batch', 3] }),
    /\(matMul\) has shape \[batch, 3\] but makes \[batch, 2\]/,
  ],
  'operands that the operation cannot take': [
    node('reshape', { shape: [2, 3] }),
    /node \d+ \(matMul\): matMul cannot multiply \[batch, 3\] by \[2, 3\]/,
  ],
  'a constant that its values do not fill': [
    append(() => ({ op: 'constant', inputs: [], values: new Float32Array(2), shape: [3] })),
    /\(constant\): constant cannot fill \[3\] with 2 values/,
  ],
  'a size of 0': [node('rate', { shape: [0] }), /\(input\) has shape \[0\]; sizes are positive/],
  'an input that is declared twice': [node('rate', { name: 'indices' }), /declares input indices again/],
  'a bool input': [node('rate', { dtype: 'bool' }), /declares input rate as bool/],
  'a state that is not a vector': [node('total', { shape: [2, 1] }), /declares state total as float32 \[2, 1\]/],
  'an int32 state': [node('total', { dtype: 'int32' }), /declares state total as int32/],
  'a state without a binding': [
    (program) => ({ ...program, states: program.states.slice(1) }),
    /\(input\) is bound to 0 states/,
  ],
  'a state with two bindings': [
    (program) => ({ ...program, states: [...program.states, ...program.states] }),
    /\(input\) is bound to 2 states/,
  ],
  "a binding to another state's input": [
    (program) => ({
      ...program,
      states: [...program.states, { name: 'other', input: idOf(program, 'rate'), next: null }],
    }),
    /is not the input of state other/,
  ],
  'an update of another shape': [
    (program) => ({
      ...program,
      states: program.states.map((state) => ({ ...state, next: idOf(program, 'mul') })),
    }),
    /\(mul\) updates state total of float32 \[2\] with float32 \[6\]/,
  ],
  'an update that does not exist': [
    (program) => ({ ...program, states: program.states.map((state) => ({ ...state, next: 99 })) }),
    /updates state weights but does not exist/,
  ],
  'data with the batch in its shape': [node('table', { shape: ['batch', 3] }), /declares data table with the batch/],
  'data used in a computation': [
    append((program) => ({ op: 'neg', inputs: [idOf(program, 'table')], shape: [7, 3] })),
    /\(neg\) reads data table without gather/,
  ],
  'indices used in a computation': [
    append((program) => ({ op: 'cast', inputs: [idOf(program, 'indices')], shape: ['batch'] })),
    /\(cast\) computes with indices/,
  ],
  'rows gathered from a step input': [node('table', { role: 'step' }), /gathers from table, which is not data/],
  'rows gathered by data': [
    node('gather', ({ inputs }) => ({ inputs: [inputs[0], inputs[0]] })),
    /\(gather\) reads data table without gather/,
  ],
  'rows gathered by a state': [
    node('gather', ({ inputs }, program) => ({ inputs: [inputs[0], idOf(program, 'total')] })),
    /\(gather\) gathers by total, which is not an int32 step input/,
  ],
  'rows gathered from a computed value': [
    append((program) => ({
      op: 'gather',
      inputs: [idOf(program, 'matMul'), idOf(program, 'indices')],
      shape: ['batch', 2],
    })),
    /\(gather\) gathers by or from a computed value/,
  ],
  'an output that does not exist': [
    (program) => ({ ...program, outputs: [{ name: 'y', node: 99 }] }),
    /is output y but does not exist/,
  ],
  'two outputs with one name': [
    (program) => ({ ...program, outputs: [...program.outputs, ...program.outputs] }),
    /\(reduceMax\) is a second output largest/,
  ],
  'data as an output': [
    (program) => ({ ...program, outputs: [{ name: 'y', node: idOf(program, 'table') }] }),
    /is data or an index and cannot be a result/,
  ],
  'indices as an output': [
    (program) => ({ ...program, outputs: [{ name: 'y', node: idOf(program, 'indices') }] }),
    /is data or an index and cannot be a result/,
  ],
  'an unneeded node': [
    append((program) => ({ op: 'neg', inputs: [idOf(program, 'rate')] })),
    /\(neg\) is not needed for an output or a state/,
  ],
};

test('the small program is valid', () => {
  verifyProgram(legal());
});

for (const [name, [change, message]] of Object.entries(ILLEGAL)) {
  test(`a program with ${name} is refused`, () => {
    assert.throws(() => verifyProgram(change(legal())), { name: 'TypeError', message });
    assert.throws(() => verifyProgram(change(legal())), /^TypeError: Program small, (node \d+ \(\w+\)|a missing node)/);
  });
}

/** softmax, affine and a sum of squares, and nodes that fusion removes. */
function fused(): FusedProgram {
  const b = new ProgramBuilder();
  const kernel = b.state('kernel', 6);
  const z = b.add(b.matMul(b.step('rows', 'float32', ['batch', 3]), b.reshape(kernel, [3, 2])), b.state('bias', 2));
  const powers = b.exp(b.sub(z, b.max(z, [1], true)));
  b.output('softmax', b.div(powers, b.sum(powers, [1], true)));
  b.output('norm', b.sum(b.mul(kernel, kernel)));
  return fuseOperators(b.build('fused'));
}

const operator =
  (op: OperatorName, patch: object) =>
  (program: FusedProgram): FusedProgram => ({
    ...program,
    nodes: program.nodes.map((found) => (found?.op === op ? { ...found, ...patch } : found)),
  });
const UNFUSED: Record<string, [(program: FusedProgram) => FusedProgram, RegExp]> = {
  'an operand that was removed': [
    (program) => operator('softmax', { inputs: [program.nodes.indexOf(null)] })(program),
    /\(softmax\) reads node \d+, which is not computed before it/,
  ],
  'a affine without its bias': [operator('affine', { inputs: [0, 1] }), /affine takes 3 operands, not 2/],
  'a softmax of another shape': [
    operator('softmax', { shape: [3] }),
    /\(softmax\) has shape \[3\] but makes \[batch, 2\]/,
  ],
  'a sum of squares over a missing axis': [operator('sumOfSquares', { axes: [4] }), /has no axes 4/],
  'an unneeded operator': [(program) => ({ ...program, outputs: [] }), /is not needed for an output or a state/],
};

test('fusion made each of its operators in these programs', () => {
  const program = fused();
  verifyFused(program);
  for (const op of ['affine', 'softmax', 'sumOfSquares'] as const) assert.notEqual(idOf(program, op), -1, op);
  assert.ok(program.nodes.includes(null));
});

for (const [name, [change, message]] of Object.entries(UNFUSED)) {
  test(`a fused program with ${name} is refused`, () => {
    assert.throws(() => verifyFused(change(fused())), { name: 'TypeError', message });
  });
}

type Restage = (staging: Staging, program: FusedProgram) => Staging;
const stage =
  (op: string, to: Staging['stages'][number]): Restage =>
  ({ stages, ...rest }, program) => ({
    ...rest,
    stages: stages.map((found, id) => (id === idOf(program, op) ? to : found)),
  });
const MISSTAGED: Record<string, [Restage, RegExp]> = {
  'a node without a stage': [stage('matMul', undefined), /\(matMul\) has no stage/],
  'a node before its operands': [stage('matMul', 'constant'), /\(matMul\) is staged constant, before its operand/],
  'a step input staged as constant': [stage('rate', 'constant'), /is staged constant instead of before/],
  'a changing state staged as constant': [stage('weights', 'constant'), /is staged constant instead of body/],
  'an update that comes after the steps': [stage('mul', 'after'), /\(mul\) updates state weights after the steps/],
  'an accumulator that steps read': [
    (staging, program) => ({
      ...staging,
      stages: staging.stages.map((found, id) => (id === idOf(program, 'weights') ? 'constant' : found)),
      accumulators: [
        ...staging.accumulators,
        {
          state: program.states.find(({ name }) => name === 'weights')!,
          next: program.nodes[idOf(program, 'mul')]!,
          value: idOf(program, 'rate'),
          reduction: 'reduceSum',
        },
      ],
    }),
    /\(mul\) accumulates state weights, which is read elsewhere/,
  ],
};

for (const [name, [change, message]] of Object.entries(MISSTAGED)) {
  test(`a staging with ${name} is refused`, () => {
    const program = fuseOperators(legal());
    verifyStaging(program, stageProgram(program, CROSSING_LIMITS));
    assert.throws(() => verifyStaging(program, change(stageProgram(program, CROSSING_LIMITS), program)), {
      name: 'TypeError',
      message,
    });
  });
}
