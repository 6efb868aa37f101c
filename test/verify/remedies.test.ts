/** The diagnosis of the smallest jobs that show a mistake, and of healthy ones. `npm run verify` replays many more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allCases } from '../../bench/remedies/all-cases.ts';
import type { Case } from '../../bench/remedies/case.ts';
import { firstAdvice, followAdvice } from '../../bench/remedies/follow-advice.ts';
import { firstCause, namesCause } from '../../bench/remedies/rates.ts';
import { replay } from '../../bench/remedies/replay.ts';
import { mergePatch, type AdviceCode, type Diagnosis } from '../../src/vocabulary/index.ts';

const cases = new Map(allCases().map((each) => [each.name, each]));

function caseNamed(name: string): Case {
  const found = cases.get(name);
  assert.ok(found, name);
  return found;
}

async function diagnose(name: string): Promise<Diagnosis> {
  const { job, seeds, success } = caseNamed(name);
  const { diagnosis } = await replay(mergePatch(job, { training: { seed: seeds[0] } }), success.metric);
  return diagnosis;
}

describe('the diagnosis of a job with a known trouble', () => {
  for (const name of ['deep-sigmoid', 'xor-two-relus', 'house-targets', 'rate-1e-5'])
    it(`${name}: says that nothing was learned`, async () => {
      const { findings } = await diagnose(name);
      assert.ok(
        findings.some(({ code, severity }) => code === 'notLearning' && severity !== 'info'),
        findings.map(({ code }) => code).join(', '),
      );
      assert.ok(!findings.some(({ code }) => code === 'healthy'));
    });

  for (const name of ['init-0.01', 'weight-decay', 'zeros', 'three-relus-hypot', 'cube', 'house-adam'])
    it(`${name}: names a right cause first, and its first advice works`, async () => {
      const trouble = caseNamed(name);
      const result = await followAdvice(trouble, trouble.seeds[0]!, { rounds: 1, pieces: 'none', remedies: false });
      assert.ok(result.fails);
      assert.ok(namesCause(result, trouble), `${firstCause(result)}, not ${trouble.truth.causeCodes.join(' or ')}`);
      assert.ok(result.rounds[0]?.isFixed, JSON.stringify(result.rounds[0]?.score));
      assert.ok(!result.diagnosis.findings.some(({ code }) => code === 'healthy'));
    });

  it('zeros: nothing is offered that cannot bring a gradient to weights of zero', async () => {
    const hopeless: AdviceCode[] = ['leakyRelu', 'prelu', 'elu', 'batchNormalization', 'layerNormalization'];
    const { advice } = await diagnose('zeros');
    assert.deepEqual(
      advice.map(({ code }) => code).filter((code) => hopeless.includes(code)),
      [],
    );
  });

  for (const name of ['stuck-leaky', 'leaky-narrow-sine'])
    it(`${name}: the learning rate is not lowered first`, async () => {
      const first = firstAdvice(await diagnose(name));
      assert.ok(first);
      assert.notEqual(first.code, 'reduceLearningRate');
    });

  for (const name of ['cube', 'house-adam'])
    it(`${name}: targets are normalised first`, async () => {
      const first = firstAdvice(await diagnose(name));
      assert.ok(first?.code === 'normalizeTargets' || first?.code === 'normalizeBoth', first?.code);
    });

  it('prelu-diverges: no piece of advice diverges', async () => {
    const trouble = caseNamed('prelu-diverges');
    const { pieces } = await followAdvice(trouble, 2, { rounds: 1, pieces: 'all', remedies: false });
    assert.ok(pieces.length > 0);
    for (const { code, error } of pieces) assert.equal(error, null, code);
  });
});

describe('the diagnosis of a healthy run', () => {
  for (const name of [
    'control-mnist-two-epochs',
    'control-relu-spirals',
    'control-iris',
    'control-xor-small',
    'control-noisy-line',
    'control-absolute-wide',
  ])
    it(`${name}: has no warning`, async () => {
      const { findings } = await diagnose(name);
      assert.deepEqual(
        findings.filter(({ severity }) => severity !== 'info').map(({ code, message }) => `${code}: ${message}`),
        [],
      );
    });
});
