/** Layers have an order, and so do their colours: around the colour wheel, starting with ember. */
export function layerColour(index: number, count: number, isDark: boolean): string {
  const hue = 45 + (count > 1 ? index / (count - 1) : 0) * Math.min(270, count * 60);
  return `oklch(${isDark ? 0.76 : 0.56} 0.12 ${Math.round(hue)})`;
}
