/** A part of a strip, enlarged to all of its width. */
import type { Block, StripLayout } from './layout.ts';

/** From 0 to 1. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const WHOLE: Span = { from: 0, to: 1 };
/** Of tens of thousands of shards a few fill the width. */
const LEAST = 1 / 16_384;

export const isWhole = ({ from, to }: Span): boolean => from <= 0 && to >= 1;

/** As long as asked, and within the line. */
function spanFrom(from: number, length: number): Span {
  if (length >= 1) return WHOLE;
  const begin = Math.max(0, Math.min(1 - length, from));
  return { from: begin, to: begin + length };
}

/**
 * @param factor above 1: closer
 * @param at stays where it is; a part of what is shown
 */
export function zoomed({ from, to }: Span, factor: number, at: number): Span {
  const length = Math.max(LEAST, (to - from) / factor);
  return spanFrom(from + at * (to - from - length), length);
}

/** @param by to the right, in widths of what is shown */
export const panned = ({ from, to }: Span, by: number): Span =>
  spanFrom(from + by * (to - from), to - from);

/** Moved no further than is needed to show a block. */
export function showing(span: Span, block: Pick<Block, 'from' | 'to'>): Span {
  const length = span.to - span.from;
  if (block.from >= span.from && block.to <= span.to) return span;
  if (block.to - block.from >= length || block.from < span.from) {
    return spanFrom(block.from, length);
  }
  return spanFrom(block.to - length, length);
}

/** What of a strip is seen in a span, with its places in that. */
export function seenIn(layout: StripLayout, { from, to }: Span): StripLayout {
  if (isWhole({ from, to })) return layout;
  const seen = <Part extends { readonly from: number; readonly to: number }>(
    parts: readonly Part[],
  ): Part[] =>
    parts
      .filter((part) => part.to > from && part.from < to)
      .map((part) => ({
        ...part,
        from: Math.max(0, (part.from - from) / (to - from)),
        to: Math.min(1, (part.to - from) / (to - from)),
      }));
  return { ...layout, blocks: seen(layout.blocks), holes: seen(layout.holes) };
}

/** First digits of so many hash keys along a span, enough of them to tell them apart. */
export function keyMarks({ from, to }: Span, marks: number): readonly string[] {
  const digits = 2 + Math.max(0, Math.ceil(-Math.log2(to - from) / 4));
  const keys = 16 ** digits;
  return Array.from({ length: marks }, (_, n) => {
    const at = from + ((to - from) * n) / (marks - 1);
    const key = Math.min(keys - 1, Math.floor(at * keys + 1e-6));
    return key.toString(16).padStart(digits, '0');
  });
}
