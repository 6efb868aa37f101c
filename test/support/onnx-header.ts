/** Reads what an ONNX file declares about itself. */
import assert from 'node:assert/strict';
import protobuf from 'protobufjs/light.js';

/** Fields 1 and 8 of ModelProto. */
const Header = protobuf.Root.fromJSON({
  nested: {
    Header: {
      fields: { irVersion: { id: 1, type: 'int64' }, opsetImport: { id: 8, type: 'Opset', rule: 'repeated' } },
    },
    Opset: { fields: { domain: { id: 1, type: 'string' }, version: { id: 2, type: 'int64' } } },
  },
}).lookupType('Header');

export function readHeader(bytes: Uint8Array): { irVersion: number; opset: number } {
  const { irVersion, opsetImport } = Header.toObject(Header.decode(bytes), { longs: Number }) as {
    irVersion: number;
    opsetImport: { version: number }[];
  };
  assert.equal(opsetImport.length, 1);
  return { irVersion, opset: opsetImport[0]!.version };
}
