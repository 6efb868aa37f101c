/** What the WebSocket frames say that subscribers get. */
import { decodeSnapshot, type CaughtUp, type Snapshot, type StreamMessage } from '../../src/vocabulary/index.ts';

export type Told = StreamMessage | CaughtUp | ({ type: 'snapshot'; seq: number } & Snapshot);

/** Of whole frames, unmasked and one after another. */
export function readFrames(frames: Buffer): Told[] {
  const told: Told[] = [];
  for (let at = 0; at < frames.length;) {
    const short = frames[at + 1]!;
    const [start, length] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, frames.readUInt16BE(at + 2)]
          : [at + 10, Number(frames.readBigUInt64BE(at + 2))];
    const payload = frames.subarray(start, start + length);
    if (payload.length < length) throw new Error(`The frame at byte ${at} is cut short.`);
    if (frames[at] === 0x81) told.push(JSON.parse(payload.toString()) as StreamMessage | CaughtUp);
    else if (frames[at] === 0x82) {
      const snapshot = decodeSnapshot(payload);
      told.push({ type: 'snapshot', seq: snapshot.header.seq, ...snapshot });
    } else throw new Error(`There is no text or binary frame at byte ${at}.`);
    at = start + length;
  }
  return told;
}
