/** How much of a run is done, as a bar; `share` is from 0 to 1. */
export function Meter({ share }: { share: number }) {
  return (
    <span
      class="meter"
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <i style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}
