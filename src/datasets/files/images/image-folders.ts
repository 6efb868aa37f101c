/** An archive with images in a folder per class. */
import type { FileProblem, ReadingOptions, Table, TablePart } from '../../../schemas/index.ts';
import { TABLE_PARTS } from '../../../schemas/table.ts';
import { LIMITS } from '../../../vocabulary/index.ts';
import { TableWriter } from '../../table/table-writer.ts';
import { entriesOf, type ArchiveEntry, type ArchiveKind } from '../archive.ts';
import type { ReadingContext } from '../context.ts';
import { FileDamage, inFile, Problems } from '../damage.ts';
import { partIn } from '../parts.ts';
import { decodeImage, readImageHead, type ImageHead } from './decode.ts';
import { resize, withChannels } from './resize.ts';

export const isImageName = (name: string) => /\.(png|jpe?g)$/i.test(name);

interface ArchivePlace {
  path: string;
  kind: ArchiveKind;
}

/** Throws FileDamage. */
export async function readImageFolders(archive: ArchivePlace, context: ReadingContext): Promise<Table> {
  const { folders, ...found } = await surveyImages(archive, context);
  const size = sizeOf(found, context.options);
  const width = size.width * size.height * size.channels;
  if (width > LIMITS.features)
    throw new FileDamage(
      `Images of ${size.width} x ${size.height} pixels have ${width.toLocaleString('en')} values; ${LIMITS.features.toLocaleString('en')} are possible. Pass a smaller width and height.`,
    );
  const writer = new TableWriter(
    [
      {
        name: 'pixels',
        type: 'number',
        width,
        shape: [size.height, size.width, size.channels],
        areBytes: true,
        suggestedRole: 'input',
      },
      { name: 'class', type: 'text', width: 1, suggestedRole: 'target' },
    ],
    context.limits,
    context.sink,
  );
  for (const part of TABLE_PARTS.filter((part) => folders.parts.has(part))) {
    writer.startPart(part);
    await writePart(archive, part, folders, size, writer, context);
  }
  const { width: wide, height, channels } = size;
  return writer.finish({ format: 'images', width: wide, height, channels, notes: found.notes });
}

interface FoundImages {
  sizes: Map<string, { head: ImageHead; first: string }>;
  anyColour: boolean;
  notes: FileProblem[];
}

/** One pass over the names and sizes. */
async function surveyImages(
  archive: ArchivePlace,
  context: ReadingContext,
): Promise<FoundImages & { folders: Folders }> {
  const found: FoundImages = { sizes: new Map(), anyColour: false, notes: [] };
  const paths = new Set<string>(),
    problems = new Problems();
  let others = 0,
    firstOther = '';
  for await (const entry of entriesOf(archive.path, archive.kind, context.limits)) {
    if (!isImageName(entry.name)) {
      others++;
      firstOther ||= entry.name;
      continue;
    }
    paths.add(entry.name.split('/').slice(0, -1).join('/'));
    const head = await headOf(entry, problems);
    context.advance(entry.bytes);
    if (head === null) continue;
    if (head.channels === 3) found.anyColour = true;
    const key = `${head.width} x ${head.height}`;
    if (!found.sizes.has(key) && found.sizes.size < 100) found.sizes.set(key, { head, first: entry.name });
  }
  problems.throwIfAny();
  if (paths.has(''))
    throw new FileDamage('Some images are in no folder. Put every image into a folder that is named after its class.');
  if (others > 0)
    found.notes.push({
      file: firstOther,
      message: `${others.toLocaleString('en')} ${others === 1 ? 'file is no image and was' : 'files are no images and were'} left out.`,
    });
  return { ...found, folders: new Folders(paths) };
}

async function headOf(entry: ArchiveEntry, problems: Problems): Promise<ImageHead | null> {
  const bytes = await entry.read();
  try {
    return readImageHead(bytes);
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
    problems.add({ file: entry.name, message: `${entry.name}: ${error.message}` });
    return null;
  }
}

/** Throws FileDamage for images of several sizes, unless one was asked for. */
function sizeOf({ sizes, anyColour }: FoundImages, options: ReadingOptions): ImageHead {
  const channels = options.channels ?? (anyColour ? 3 : 1);
  const [one, two] = [...sizes.values()];
  if (one === undefined) throw new FileDamage('The archive has no images.');
  if (options.width !== undefined || options.height !== undefined) {
    const { width, height } = one.head;
    return {
      width: options.width ?? Math.max(1, Math.round((width * options.height!) / height)),
      height: options.height ?? Math.max(1, Math.round((height * options.width!) / width)),
      channels,
    };
  }
  if (two === undefined) return { ...one.head, channels };
  const message = `The images differ in size: ${one.first} has ${one.head.width} x ${one.head.height} pixels, ${two.first} ${two.head.width} x ${two.head.height}. Pass width and height to resize all of them.`;
  throw new FileDamage(message, [{ file: two.first, message }]);
}

/** Which folder means which class and part. */
class Folders {
  readonly parts: Set<TablePart>;
  /** Folders around everything. */
  readonly #depth: number;
  readonly #haveParts: boolean;

  constructor(paths: ReadonlySet<string>) {
    const split = [...paths].map((path) => path.split('/'));
    let depth = 0;
    const isAround = (i: number) => split.every((folders) => folders.length > i + 1 && folders[i] === split[0]![i]);
    while (isAround(depth)) depth++;
    this.#depth = depth;
    this.#haveParts = split.every((folders) => folders.length > depth + 1 && partIn(folders[depth]!)?.rest === '');
    this.parts = new Set(split.map((folders) => this.#partOf(folders)));
  }

  placeOf(name: string): { part: TablePart; label: string } {
    const folders = name.split('/').slice(0, -1);
    return { part: this.#partOf(folders), label: folders[this.#depth + (this.#haveParts ? 1 : 0)]! };
  }

  #partOf(folders: readonly string[]): TablePart {
    return this.#haveParts ? partIn(folders[this.#depth]!)!.part : 'train';
  }
}

/** An archive is read in its own order, so each part needs a pass over its names. */
async function writePart(
  archive: ArchivePlace,
  part: TablePart,
  folders: Folders,
  { width, height, channels }: ImageHead,
  writer: TableWriter,
  context: ReadingContext,
): Promise<void> {
  const [pixels, classes] = writer.columns;
  for await (const entry of entriesOf(archive.path, archive.kind, context.limits)) {
    if (!isImageName(entry.name)) continue;
    const place = folders.placeOf(entry.name);
    if (place.part !== part) continue;
    try {
      const image = withChannels(resize(decodeImage(await entry.read()), width, height), channels);
      pixels!.values.set(image.pixels, writer.rows * image.pixels.length);
    } catch (error) {
      throw inFile(error, entry.name);
    }
    classes!.values[writer.rows] = classes!.dictionary.add(place.label);
    context.advance(entry.bytes);
    writer.rows++;
    if (writer.isFull) await writer.flush();
  }
}
