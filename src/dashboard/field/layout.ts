/**
 * Where every neuron's cell lies: layers from left to right as blocks of columns, wrapped into lines where they do not
 * fit.
 */
interface Block {
  layer: number;
  units: number;
  x: number;
  y: number;
  columns: number;
  rows: number;
  label: string;
}
export interface Layout {
  cell: number;
  width: number;
  height: number;
  blocks: Block[];
}

const LARGEST = 40,
  SMALLEST = 4;
/** Layers of one line are spread over the page, but stay close enough to read as one network. */
const WIDEST_GAP = 130;
const LABEL_HEIGHT = 38;
const LINE_GAP = 18;

export function arrange(layers: readonly { name: string; units: number }[], width: number, height: number): Layout {
  for (let cell = LARGEST; cell > SMALLEST; cell -= cell > 12 ? 2 : 1) {
    const layout = pack(layers, width, height, cell);
    if (layout.height <= height) return layout;
  }
  return pack(layers, width, height, SMALLEST);
}

function pack(layers: readonly { name: string; units: number }[], width: number, height: number, cell: number): Layout {
  const mostRows = Math.max(1, Math.floor((height - LABEL_HEIGHT) / cell));
  const gap = Math.max(14, Math.min(cell * 1.6, 40));
  const blocks: Block[] = [];
  let x = 0,
    y = 0,
    lineRows = 0,
    lineStart = 0;
  const endLine = () => {
    // Layers of one line are centred on each other, as in a drawing of a network.
    const line = blocks.slice(lineStart);
    const spread = line.length > 1 ? Math.min(WIDEST_GAP - gap, (width - (x - gap)) / (line.length - 1)) : 0;
    const left = Math.floor((width - (x - gap) - spread * (line.length - 1)) / 2);
    line.forEach((block, i) => {
      block.x += left + Math.floor(spread * i);
      block.y = y + LABEL_HEIGHT + Math.floor(((lineRows - block.rows) * cell) / 2);
    });
    y += LABEL_HEIGHT + lineRows * cell + LINE_GAP;
    x = 0;
    lineRows = 0;
    lineStart = blocks.length;
  };
  layers.forEach(({ name, units }, layer) => {
    // A layer wider than the page grows downwards instead.
    const columns = Math.max(1, Math.min(Math.ceil(units / mostRows), Math.floor(width / cell)));
    const rows = Math.ceil(units / columns);
    const blockWidth = Math.max(columns * cell, 24);
    if (x > 0 && x + blockWidth > width) endLine();
    blocks.push({ layer, units, x, y, columns, rows, label: name });
    x += blockWidth + gap;
    lineRows = Math.max(lineRows, rows);
  });
  endLine();
  return { cell, width, height: y - LINE_GAP, blocks };
}

/** The neuron under a point, both in CSS pixels of the field. */
export function neuronAt(layout: Layout, x: number, y: number): { layer: number; index: number } | null {
  for (const block of layout.blocks) {
    const column = Math.floor((x - block.x) / layout.cell),
      row = Math.floor((y - block.y) / layout.cell);
    if (column < 0 || row < 0 || column >= block.columns || row >= block.rows) continue;
    const index = column * block.rows + row;
    return index < block.units ? { layer: block.layer, index } : null;
  }
  return null;
}

export function cellOf(layout: Layout, layer: number, index: number): { x: number; y: number } | null {
  const block = layout.blocks[layer];
  if (!block) return null;
  return { x: block.x + Math.floor(index / block.rows) * layout.cell, y: block.y + (index % block.rows) * layout.cell };
}
