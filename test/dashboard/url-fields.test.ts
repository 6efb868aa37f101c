import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choiceField,
  flagField,
  listField,
  numberField,
  rangeField,
  searchOf,
  textField,
  wholeField,
  type UrlField,
} from '../../src/dashboard/url-fields.ts';

function checkRoundTrip<T>(field: UrlField<T>, values: T[], fallback: T): void {
  for (const value of values) assert.deepEqual(field.read(field.write(value)), value);
  assert.deepEqual(field.read(null), fallback);
  assert.equal(field.write(fallback), null, 'a fallback is not in the address');
}

test('every kind of parameter reads back what it writes, and its fallback is left out of the address', () => {
  checkRoundTrip(textField('q'), ['a b', 'é,:/'], '');
  checkRoundTrip(flagField('log'), [true, false], false);
  checkRoundTrip(choiceField('x', ['step', 'epoch'], 'step'), ['epoch', 'step'], 'step');
  checkRoundTrip(numberField('smooth', [0, 0.99], 0), [0.5, 0.99, 1e-7], 0);
  checkRoundTrip(numberField('clip', [0, 1], null), [0, 1, null], null);
  checkRoundTrip(wholeField('step', 0), [0, 580, null], null);
  checkRoundTrip(listField('runs'), [['a', 'b'], ['a,b', '~', '~1', ','], []], []);
  checkRoundTrip(rangeField('zoom'), [[0, 1], [-2.5, 1e9], [0.001, 0.002], null], null);
});

test('a text that a parameter does not understand is its fallback', () => {
  const smooth = numberField('smooth', [0, 0.99], 0.2);
  for (const text of ['', ' ', 'much', '1', '-0.1', 'NaN', 'Infinity']) assert.equal(smooth.read(text), 0.2, text);
  for (const text of ['', '-1', '1.5', '1e3', 'ten', '9'.repeat(20)])
    assert.equal(wholeField('step', 0).read(text), null, text);
  assert.equal(choiceField('x', ['step', 'epoch'], 'step').read('weeks'), 'step');
  assert.deepEqual(listField('runs').read('a,,b,a'), ['a', 'b']);
  for (const text of ['', '1', '2..1', '1..1', 'a..b', '1..', '1..2..3', '1..Infinity'])
    assert.equal(rangeField('zoom').read(text), null, text);
});

test('an address stays readable, and means the same to the next reader', () => {
  const query = new URLSearchParams({ neuron: 'dense_1:9', runs: 'a,b', q: 'x & y = z' });
  assert.equal(searchOf(query), '?neuron=dense_1:9&runs=a,b&q=x+%26+y+%3D+z');
  assert.deepEqual([...new URLSearchParams(searchOf(query))], [...query]);
  assert.equal(searchOf(new URLSearchParams()), '');
});
