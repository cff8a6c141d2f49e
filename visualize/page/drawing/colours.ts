import { computed } from '@preact/signals';
import { theme } from '../state/theme.ts';

/** Colours of the stylesheet, for canvases. */
export interface Colours {
  readonly ink: string;
  readonly inkSoft: string;
  readonly inkFaint: string;
  readonly panel: string;
  readonly well: string;
  readonly line: string;
  readonly accent: string;
  readonly bad: string;
  readonly warn: string;
  readonly good: string;
  readonly double: string;
  readonly doubleInk: string;
  readonly owners: readonly string[];
  /** What is written on them. */
  readonly ownerInks: readonly string[];
  /** From no lag to very much. */
  readonly heat: readonly string[];
}

/** Members past this many get the same colours again under a pattern. */
export const OWNER_COLOURS = 8;
const HEAT_STEPS = 7;

function read(): Colours {
  const probe = document.createElement('span');
  document.body.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const many = (name: string, n: number): string[] =>
    Array.from({ length: n }, (_, index) => colour(`${name}-${index}`));
  const colours = {
    ink: colour('ink'),
    inkSoft: colour('ink-soft'),
    inkFaint: colour('ink-faint'),
    panel: colour('panel'),
    well: colour('well'),
    line: colour('line'),
    accent: colour('accent'),
    bad: colour('bad'),
    warn: colour('warn'),
    good: colour('good'),
    double: colour('double'),
    doubleInk: colour('double-ink'),
    owners: many('owner', OWNER_COLOURS),
    ownerInks: many('owner-ink', OWNER_COLOURS),
    heat: many('heat', HEAT_STEPS),
  };
  probe.remove();
  return colours;
}

/** Read anew when the theme changes, and only then. */
export const colours = computed<Colours>(() => {
  // the stylesheet's answer depends on it
  void theme.value;
  return read();
});

/** The letter that stands for a member wherever its colour does: A to Z, then AA and on. */
export function letterOf(colour: number): string {
  const last = String.fromCharCode(65 + (colour % 26));
  return colour < 26 ? last : letterOf(Math.floor(colour / 26) - 1) + last;
}
