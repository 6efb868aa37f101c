/** WebSocket frames of a server (RFC 6455, section 5.2): never masked, never compressed, so that all sockets can share them. */

export const TEXT = 1;
export const BINARY = 2;

const FINAL_FRAME = 0x80;

/** A frame is its header and then `payloadBytes` bytes. */
export const headerBytes = (payloadBytes: number): number => (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);

/** Writes the header of a whole message at `at`, and returns where the payload begins. */
export function writeHeader(target: Buffer, at: number, opcode: number, payloadBytes: number): number {
  target[at] = FINAL_FRAME | opcode;
  if (payloadBytes < 126) {
    target[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65_536) {
    target[at + 1] = 126;
    return target.writeUInt16BE(payloadBytes, at + 2);
  }
  target[at + 1] = 127;
  return target.writeBigUInt64BE(BigInt(payloadBytes), at + 2);
}

export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  frame.write(text, writeHeader(frame, 0, TEXT, length));
  return frame;
}

/** The payload of a frame of ours. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1] ?? 0;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}
