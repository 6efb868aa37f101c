/** Line drawings on a 16-unit grid. */
const PATHS = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l8 5-8 5Z',
  stop: 'M4 4h8v8H4Z',
  columns: 'M2.500 3h11v10h-11ZM6.500 3v10M10 3v10',
  bookmark: 'M4.500 2.500h7v11L8 10.500l-3.500 3Z',
  trash: 'M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9',
  edit: 'M3 13l.6-2.8 7-7 2.2 2.2-7 7ZM9.500 4.300l2.200 2.200',
  more: 'M4 6.500l4 4 4-4',
  copy: 'M6 6h7v7H6ZM10 6V3H3v7h3',
  download: 'M8 2v8M4.5 7 8 10.500 11.500 7M3 13.500h10',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z',
  repeat: 'M3 7a5 5 0 0 1 9-2M13 2.500V5.500h-3M13 9a5 5 0 0 1-9 2M3 13.500v-3h3',
  expand: 'M9.500 2.500h4v4M13.500 2.500 9 7M6.500 13.500h-4v-4M2.500 13.500 7 9',
  link: 'M7 9a2.500 2.500 0 0 0 3.500 0l2.300-2.300a2.500 2.500 0 0 0-3.500-3.500L8.500 4M9 7a2.500 2.500 0 0 0-3.500 0L3.200 9.300a2.500 2.500 0 0 0 3.500 3.500l.8-.8',
  person: 'M8 8.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 14a5.500 5.500 0 0 1 11 0',
  share: 'M8 2v8M5 5l3-3 3 3M3 8.500v5h10v-5',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
