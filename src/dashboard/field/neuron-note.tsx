interface Props {
  title: string;
  lines: [string, string][];
  life: string;
  x: number;
  y: number;
  width: number;
}

const NOTE_WIDTH = 200;

/** The small card beside the neuron under the pointer or the keyboard cursor. */
export function NeuronNote({ title, lines, life, x, y, width }: Props) {
  const left = x + 12 + NOTE_WIDTH > width ? Math.max(0, x - NOTE_WIDTH - 44) : x + 12;
  return (
    <div class="neuron-note" aria-hidden="true" style={{ left: `${left}px`, top: `${y}px`, width: `${NOTE_WIDTH}px` }}>
      <b>{title}</b>
      <dl>
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
      {life && <p>{life}</p>}
    </div>
  );
}
