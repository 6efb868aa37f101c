/** Light or dark: the system's choice until the user picks one. Canvas drawings read their colours from `palette`. */
import { computed, signal } from '@preact/signals';

const system = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);
system.addEventListener('change', () => {
  systemIsDark.value = system.matches;
});

const chosen = signal(document.documentElement.dataset['theme']);
export const isDark = computed(() => (chosen.value ? chosen.value === 'dark' : systemIsDark.value));

export function toggleTheme(): void {
  const next = isDark.value ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  try {
    localStorage.setItem('theme', next);
  } catch {
    /* storage may be forbidden: the choice then lasts for this visit */
  }
  chosen.value = next;
}

/** Colours of the style sheet, for canvases; read again whenever the theme changes. */
export const palette = computed(() => {
  void isDark.value;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour('ink'),
    muted: colour('ink-3'),
    line: colour('line'),
    surface: colour('surface'),
    ember: colour('ember'),
    cold: colour('cold'),
    curves: Array.from({ length: 8 }, (_, i) => colour(`curve-${i + 1}`)),
  };
});
