import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchReader, preparedIn, queryMessage, type Batch } from '../../src/store/embedded/protocol.ts';

function message(type: string, length: number): Uint8Array {
  const bytes = new Uint8Array(1 + 4 + length).fill(7);
  bytes[0] = type.charCodeAt(0);
  new DataView(bytes.buffer).setInt32(1, 4 + length);
  return bytes;
}

function startup(): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setInt32(0, 20);
  return bytes;
}

const shape = (batches: Batch[]): (number | string)[] =>
  batches.map((batch) => (batch.kind === 'run' ? batch.bytes.length : batch.kind));

test('a batch ends with Sync, with a simple query, and with the startup packet', () => {
  const reader = new BatchReader();
  const bytes = Buffer.concat([
    startup(),
    message('P', 10),
    message('B', 20),
    message('E', 5),
    message('S', 0),
    queryMessage('select 1'),
    message('X', 0),
  ]);
  assert.deepEqual(shape(reader.push(bytes)), [20, 15 + 25 + 10 + 5, 5 + 9, 'terminate']);
});

test('batches do not depend on how their bytes arrive', () => {
  const parts = [
    startup(),
    message('P', 300),
    message('B', 70_000),
    message('S', 0),
    queryMessage('select 2'),
    message('P', 1),
    message('S', 0),
  ];
  const bytes = Buffer.concat(parts);
  const whole = new BatchReader().push(bytes);
  for (const size of [1, 3, 4, 5, 6, 7, 64, 1000, 65_536]) {
    const reader = new BatchReader();
    const batches: Batch[] = [];
    for (let offset = 0; offset < bytes.length; offset += size)
      batches.push(...reader.push(Uint8Array.from(bytes.subarray(offset, offset + size))));
    assert.deepEqual(
      batches.map((batch) => batch.kind === 'run' && Buffer.from(batch.bytes)),
      whole.map((batch) => batch.kind === 'run' && Buffer.from(batch.bytes)),
      `in pieces of ${size}`,
    );
  }
});

test('nothing is passed on before its Sync', () => {
  const reader = new BatchReader();
  reader.push(startup());
  assert.deepEqual(reader.push(message('P', 10)), []);
  assert.deepEqual(reader.push(message('B', 10)), []);
  assert.deepEqual(shape(reader.push(message('S', 0))), [15 + 15 + 5]);
});

test('the named statement that a batch prepares is found, and where the batch goes on', () => {
  const parse = (name: string): Uint8Array => {
    const content = Buffer.from(`${name}\0select $1\0\0\0`);
    const head = message('P', content.length).subarray(0, 5);
    return Buffer.concat([head, content]);
  };
  const rest = Buffer.concat([message('B', 20), message('S', 0)]);
  const named = Buffer.concat([Buffer.alloc(3), parse('append'), rest]).subarray(3);
  const found = preparedIn(named);
  assert.equal(found?.name, 'append');
  assert.deepEqual(named.subarray(found?.end), rest);
  for (const other of [Buffer.concat([parse(''), rest]), rest, queryMessage('select 1'), startup()])
    assert.equal(preparedIn(other), null);
});
