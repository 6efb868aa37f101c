/**
 * The part of the ONNX file format that we write: a protocol buffer whose field numbers are those of the ONNX
 * specification (onnx.proto). A schema of our own instead of a generated one keeps it to the twelve messages in use.
 */
import protobuf from 'protobufjs/light.js';

/** TensorProto.DataType */
export const ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;
/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPES = { float: 1, int: 2, text: 3, graph: 5, ints: 7 } as const;

/**
 * Lowest IR version that goes with each opset (the table in ONNX's docs/Versioning.md). It begins with IR version 4,
 * which no longer requires weights to be declared as graph inputs.
 */
const IR_VERSIONS: Readonly<Record<number, number>> = {
  9: 4,
  10: 5,
  11: 6,
  12: 7,
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
};

const field = (id: number, type: string, repeated = false): protobuf.IField => ({
  id,
  type,
  ...(repeated ? { rule: 'repeated' } : {}),
});

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        producerVersion: field(3, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSet', true),
        metadata: field(14, 'Entry', true),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Entry: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    Graph: {
      fields: {
        nodes: field(1, 'Node', true),
        name: field(2, 'string'),
        initializers: field(5, 'Tensor', true),
        inputs: field(11, 'ValueInfo', true),
        outputs: field(12, 'ValueInfo', true),
      },
    },
    Node: {
      fields: {
        inputs: field(1, 'string', true),
        outputs: field(2, 'string', true),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attributes: field(5, 'Attribute', true),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        float: field(2, 'float'),
        int: field(3, 'int64'),
        text: field(4, 'bytes'),
        graph: field(6, 'Graph'),
        ints: field(8, 'int64', true),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: field(1, 'int64', true),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elementType: field(1, 'int32'), shape: field(2, 'TensorShape') } },
    TensorShape: { fields: { dims: field(1, 'Dimension', true) } },
    Dimension: { fields: { value: field(1, 'int64'), param: field(2, 'string') } },
  },
});
const Model = root.lookupType('Model');

/** A dimension is a size, or the name of a size that is known only when the graph runs. */
export interface ValueInfo {
  name: string;
  elementType: ElementType;
  dims: readonly (number | string)[];
}
export interface TensorValue {
  name: string;
  elementType: ElementType;
  dims: readonly number[];
  data: Float32Array | Int32Array | Uint8Array | BigInt64Array;
}
export type Attribute =
  { int: number } | { float: number } | { text: string } | { ints: readonly number[] } | { graph: Graph };
export interface OnnxNode {
  opType: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}
export interface Graph {
  name: string;
  nodes: readonly OnnxNode[];
  initializers: readonly TensorValue[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

interface ModelHeader {
  /** Version of the operator set that the graph's operators are taken from. */
  opset: number;
  /** Kept in the file's metadata_props, where viewers show it. */
  metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an .onnx file. */
export function encodeModel(graph: Graph, { opset, metadata = {} }: ModelHeader): Uint8Array {
  const irVersion = IR_VERSIONS[opset];
  if (irVersion === undefined) throw new RangeError(`Opset ${opset} is not supported.`);
  return Model.encode(
    Model.create({
      irVersion,
      opsetImport: [{ domain: '', version: opset }],
      producerName: 'relumine',
      metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: graphMessage(graph),
    }),
  ).finish();
}

const graphMessage = (graph: Graph): object => ({
  name: graph.name,
  nodes: graph.nodes.map(({ attributes, ...node }) => ({
    ...node,
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeMessage(value) })),
  })),
  initializers: graph.initializers.map(({ name, elementType, dims, data }) => ({
    name,
    dims,
    dataType: ELEMENT_TYPES[elementType],
    rawData: bytesOf(data),
  })),
  inputs: graph.inputs.map(valueInfoMessage),
  outputs: graph.outputs.map(valueInfoMessage),
});

function attributeMessage(attribute: Attribute): object {
  if ('int' in attribute) return { int: attribute.int, type: ATTRIBUTE_TYPES.int };
  if ('float' in attribute) return { float: attribute.float, type: ATTRIBUTE_TYPES.float };
  if ('text' in attribute) return { text: new TextEncoder().encode(attribute.text), type: ATTRIBUTE_TYPES.text };
  if ('ints' in attribute) return { ints: attribute.ints, type: ATTRIBUTE_TYPES.ints };
  return { graph: graphMessage(attribute.graph), type: ATTRIBUTE_TYPES.graph };
}

const valueInfoMessage = ({ name, elementType, dims }: ValueInfo): object => ({
  name,
  type: {
    tensorType: {
      elementType: ELEMENT_TYPES[elementType],
      shape: { dims: dims.map((dim) => (typeof dim === 'number' ? { value: dim } : { param: dim })) },
    },
  },
});

/** Tensor data is little-endian in the file, as it is in memory on every platform that the runtime supports. */
const bytesOf = (data: TensorValue['data']): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
