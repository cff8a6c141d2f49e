import { computed, effect, signal } from '@preact/signals';

type Theme = 'light' | 'dark';
type Choice = Theme | 'host';

const KEY = 'kinesumer-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const hostTheme = signal<Theme>(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => {
  hostTheme.value = dark.matches ? 'dark' : 'light';
});

/** Storage may be refused to a page; then the choice lasts as long as the page. */
function remembered(): Choice {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'host';
  } catch {
    return 'host';
  }
}

const choice = signal<Choice>(remembered());

/** What is shown: the host's theme, until somebody chooses. */
export const theme = computed<Theme>(() =>
  choice.value === 'host' ? hostTheme.value : choice.value,
);

export function toggleTheme(): void {
  choice.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, choice.value);
  } catch {
    // not kept
  }
}

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});
