import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMentions } from '../../src/people/mentions.ts';

const people = ['Ada', 'Ada Lovelace', 'Jörg', 'grace.hopper', '李雷', 'İnci'].map((name) => ({
  id: name,
  name,
  nameKey: name.trim().normalize('NFKC').toLowerCase(),
}));

describe('a mention', () => {
  for (const [text, meant] of [
    ['@Ada look', ['Ada']],
    ['@ada lovelace, look', ['Ada Lovelace']],
    ['@Ada Lovelaces', ['Ada']],
    ['(@JÖRG) and **@grace.hopper**.', ['Jörg', 'grace.hopper']],
    ['@Jo\u0308rg composes', ['Jörg']],
    ['＠Ａｄａ in full width', ['Ada']],
    ['@李雷', ['李雷']],
    ['@İNCİ?', ['İnci']],
    ['@Ada @Ada @Jörg @Ada', ['Ada', 'Jörg']],
    ['@@Ada', ['Ada']],
    ['@Adam and @nobody', []],
    ['mail grace@Ada or 𝒳@Ada', []],
    ['@', []],
    ['', []],
  ] as const)
    it(JSON.stringify(text), () => assert.deepEqual(findMentions(text, people), meant));

  it('is found quickly in the longest text', () => {
    const crowd = Array.from({ length: 1000 }, (_, i) => ({ id: `p${i}`, name: `p${i}`, nameKey: `p${i}` }));
    assert.deepEqual(findMentions(`${'@'.repeat(9990)}p7`, crowd), ['p7']);
  });
});
