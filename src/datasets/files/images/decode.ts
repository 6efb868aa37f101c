/** PNG and JPEG files as bytes of pixels. */
import { inflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode as decodePng, type DecodedPng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { FileDamage } from '../damage.ts';

export interface ImageHead {
  width: number;
  height: number;
  /** Grey or colour; alpha does not count. */
  channels: 1 | 3;
}
export interface Image extends ImageHead {
  /** [height, width, channels] */
  pixels: Uint8Array;
}

const MOST_PIXELS = 50_000_000;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** A deflated stream cannot become longer than this many times its size. */
const DEFLATE_RATIO = 1032;
const HARMLESS_BYTES = 64 * 1024 * 1024;

export const isImage = (bytes: Buffer) =>
  bytes.subarray(0, 8).equals(PNG_SIGNATURE) || (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff);

/** Size and colours, without decoding the pixels. Throws FileDamage. */
export function readImageHead(bytes: Buffer): ImageHead {
  if (!isImage(bytes)) throw new FileDamage('The file does not begin as a PNG or JPEG file does.');
  const head = bytes[0] === 0x89 ? pngHead(bytes) : jpegHead(bytes);
  if (head.width * head.height === 0 || head.width * head.height > MOST_PIXELS)
    throw new FileDamage(`An image of ${head.width} x ${head.height} pixels is too large, or empty.`);
  return head;
}

/** Throws FileDamage. */
export function decodeImage(bytes: Buffer): Image {
  const head = readImageHead(bytes);
  try {
    return bytes[0] === 0x89 ? fromPng(bytes, head) : fromJpeg(bytes, head);
  } catch (cause) {
    if (cause instanceof FileDamage) throw cause;
    throw new FileDamage('The image is damaged or was cut off. Replace it, or leave it out.', undefined, { cause });
  }
}

function pngHead(bytes: Buffer): ImageHead {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR')
    throw new FileDamage('The PNG file was cut off within its header.');
  const isGrey = bytes[25] === 0 || bytes[25] === 4;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), channels: isGrey ? 1 : 3 };
}

/** Goes from segment to segment up to the start of the frame. */
function jpegHead(bytes: Buffer): ImageHead {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame)
      return {
        height: bytes.readUInt16BE(at + 5),
        width: bytes.readUInt16BE(at + 7),
        channels: bytes[at + 9] === 1 ? 1 : 3,
      };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  throw new FileDamage('The JPEG file was cut off before its size.');
}

function fromPng(bytes: Buffer, { width, height, channels }: ImageHead): Image {
  refuseBomb(bytes, width, height);
  const png = decodePng(bytes, { checkCrc: true });
  const pixels = new Uint8Array(width * height * channels);
  if (png.depth < 8 && png.palette === undefined) {
    unpackGrey(png.data, png.depth, width, height, pixels);
    return { width, height, channels, pixels };
  }
  const { data, has } = channelsOf(png);
  const shift = png.depth === 16 && png.palette === undefined ? 8 : 0;
  for (let i = 0, at = 0; i < width * height; i++)
    for (let channel = 0; channel < channels; channel++) pixels[at++] = data[i * has + channel]! >> shift;
  return { width, height, channels, pixels };
}

/** The pixels with the channels of the file, alpha included; palettes as colours. */
function channelsOf(png: DecodedPng): { data: DecodedPng['data']; has: number } {
  if (png.palette !== undefined) return { data: convertIndexedToRgb(png), has: png.palette[0]?.length ?? 3 };
  return { data: png.data, has: png.channels };
}

/** Grey of 1, 2 or 4 bits comes as packed bytes: rows begin at whole bytes, the highest bits first. */
function unpackGrey(data: DecodedPng['data'], depth: number, width: number, height: number, pixels: Uint8Array): void {
  const perByte = 8 / depth,
    rowBytes = Math.ceil(width / perByte),
    most = 2 ** depth - 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = data[y * rowBytes + Math.floor(x / perByte)]!;
      const value = (byte >> (8 - depth * ((x % perByte) + 1))) & most;
      pixels[y * width + x] = (value * 255) / most;
    }
}

/** The decoder unpacks everything before it looks at the size. */
function refuseBomb(bytes: Buffer, width: number, height: number): void {
  if (bytes.length * DEFLATE_RATIO < HARMLESS_BYTES) return;
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  // Eight bytes per pixel at most, a byte per row, and the rows of seven interlaced images.
  const most = 8 * width * height + 8 * height + 64;
  inflateSync(Buffer.concat(parts), { maxOutputLength: most });
}

function fromJpeg(bytes: Buffer, { width, height, channels }: ImageHead): Image {
  const { data } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxMemoryUsageInMB: 1024,
  });
  if (data.length !== width * height * 3) throw new FileDamage('The JPEG file has another size than its header says.');
  if (channels === 3) return { width, height, channels, pixels: data };
  // A grey one comes with three equal channels.
  const pixels = new Uint8Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[3 * i]!;
  return { width, height, channels, pixels };
}
