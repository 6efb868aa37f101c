/** Files as people have them, each with something that can be learned from it. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { idxFile, numbersFrom, pngFile, zipFile } from '../support/data-writers.ts';

export interface OwnFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const ROWS = 240;
const SPECIES = ['Adelie', 'Chinstrap', 'Gentoo'] as const;

const file = (name: string, mimeType: string, content: string | Uint8Array): OwnFile => ({
  name,
  mimeType,
  buffer: Buffer.from(content),
});

/** A class of three by a length and a weight; some values are missing. */
function penguins() {
  const draw = numbersFrom(7);
  return Array.from({ length: ROWS }, (_, row) => {
    const kind = Math.floor(draw() * 3);
    return {
      species: SPECIES[kind]!,
      island: ['Torgersen', 'Dream', 'Biscoe'][Math.floor(draw() * 3)]!,
      bill_length: row % 20 === 3 ? null : Number((36 + kind * 6 + draw() * 5).toFixed(1)),
      body_mass: Math.round(3000 + kind * 900 + draw() * 700),
    };
  });
}

export const csvFile = (): OwnFile =>
  file(
    'penguins.csv',
    'text/csv',
    ['species,island,bill_length,body_mass']
      .concat(
        penguins().map((row) =>
          Object.values(row)
            .map((value) => value ?? 'NA')
            .join(','),
        ),
      )
      .join('\n'),
  );

/** Prices by area and place, as a German spreadsheet saves them. */
export function decimalCommaFile(): OwnFile {
  const draw = numbersFrom(11);
  const lines = Array.from({ length: ROWS }, () => {
    const area = 30 + draw() * 150,
      place = draw() < 0.5 ? 'Stadt' : 'Land';
    const price = area * 2 + (place === 'Stadt' ? 80 : 0) + draw() * 5;
    return [area.toFixed(2), place, price.toFixed(2)].join(';').replaceAll('.', ',');
  });
  return file('preise.csv', 'text/csv', `Fläche;Lage;Preis\r\n${lines.join('\r\n')}\r\n`);
}

export const jsonLinesFile = (): OwnFile =>
  file(
    'birds.jsonl',
    'application/x-ndjson',
    penguins()
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );

export function parquetFile(): OwnFile {
  const rows = penguins();
  const content = parquetWriteBuffer({
    columnData: [
      { name: 'bill_length', data: rows.map((row) => row.bill_length), type: 'DOUBLE', nullable: true },
      { name: 'body_mass', data: rows.map((row) => row.body_mass), type: 'INT32' },
      { name: 'species', data: rows.map((row) => row.species), type: 'STRING' },
    ],
  });
  return file('measured.parquet', 'application/vnd.apache.parquet', new Uint8Array(content));
}

const SIDE = 8;
/** A bright bar: upright is class 0, lying is class 1. */
function barImage(isLying: boolean, draw: () => number): Uint8Array {
  const place = Math.floor(draw() * SIDE);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => {
    const at = isLying ? Math.floor(pixel / SIDE) : pixel % SIDE;
    return at === place ? 200 + Math.floor(draw() * 55) : Math.floor(draw() * 40);
  });
}

/** Images and labels, as MNIST comes. */
export function idxFiles(): OwnFile[] {
  const draw = numbersFrom(13);
  const labels = Array.from({ length: ROWS }, () => (draw() < 0.5 ? 0 : 1));
  const images = labels.flatMap((label) => [...barImage(label === 1, draw)]);
  return [
    file('bars-images-idx3-ubyte', 'application/octet-stream', idxFile(0x08, [ROWS, SIDE, SIDE], images)),
    file('bars-labels-idx1-ubyte', 'application/octet-stream', idxFile(0x08, [ROWS], labels)),
  ];
}

/** A folder for each class. */
export function imagesFile(): OwnFile {
  const draw = numbersFrom(17);
  const images = Array.from({ length: 80 }, (_, index) => {
    const isLying = index % 2 === 1;
    return {
      name: `${isLying ? 'lying' : 'upright'}/${index}.png`,
      content: pngFile(SIDE, SIDE, 1, barImage(isLying, draw)),
    };
  });
  return file('bars.zip', 'application/zip', zipFile(images));
}

/** Line 4 has a value too few. */
export const brokenFile = (): OwnFile => file('broken.csv', 'text/csv', 'a,b,y\n1,2,0\n2,3,1\n3,4\n4,5,1\n');
