/** Places for the labels of an axis. */

/** About `count` round numbers (1, 2 or 5 times a power of ten apart) from `from` to `to`. */
export function linearTicks(from: number, to: number, count: number): number[] {
  const raw = (to - from) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten, with their 2 and 5 where there are few powers, at most about `count`. */
export function logTicks(from: number, to: number, count: number): number[] {
  const first = Math.floor(Math.log10(from)),
    last = Math.ceil(Math.log10(to));
  const decades = Math.log10(to / from);
  if (decades < 0.5) return linearTicks(from, to, count);
  const digits = decades * 3 <= count ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += 1)
    for (const digit of digits) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= from && tick <= to && power % every === 0) ticks.push(tick);
    }
  return ticks;
}
