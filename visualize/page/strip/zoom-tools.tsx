import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { isWhole, keyMarks, WHOLE, zoomed, type Span } from './zoom.ts';

/** What is shown of the strip of each stream; those that are not here are shown whole. */
const spans = signal<ReadonlyMap<string, Span>>(new Map());

/** Of a button or a key. */
const STEP = 2;
const MARKS = 5;

export const spanOf = (stream: string): Span => spans.value.get(stream) ?? WHOLE;

export function show(stream: string, span: Span): void {
  spans.value = new Map(spans.value).set(stream, span);
}

/** @param at a part of what is shown, which stays where it is */
export const zoomIn = (stream: string, at = 0.5): void =>
  show(stream, zoomed(spanOf(stream), STEP, at));
export const zoomOut = (stream: string, at = 0.5): void =>
  show(stream, zoomed(spanOf(stream), 1 / STEP, at));
export const zoomToAll = (stream: string): void => show(stream, WHOLE);

export function ZoomTools({ stream }: { readonly stream: string }): JSX.Element {
  const whole = isWhole(spanOf(stream));
  return (
    <span class="zoom" role="group" aria-label={`Part of the keys of ${stream} that is shown`}>
      <span class="dim" aria-hidden="true">
        zoom
      </span>
      {whole ? null : (
        <>
          <button type="button" class="quiet" onClick={() => zoomToAll(stream)}>
            all keys
          </button>
          <button
            type="button"
            class="quiet"
            aria-label="Zoom out"
            title="Zoom out (−)"
            onClick={() => zoomOut(stream)}
          >
            −
          </button>
        </>
      )}
      <button
        type="button"
        class="quiet"
        aria-label="Zoom in"
        title="Zoom in (+, or the wheel with Ctrl); drag to move, double-click for all keys"
        onClick={() => zoomIn(stream)}
      >
        +
      </button>
    </span>
  );
}

/** Which keys are shown. */
export function StripFoot({ stream }: { readonly stream: string }): JSX.Element {
  const span = spanOf(stream);
  return (
    <div class="strip-foot" aria-hidden="true">
      {isWhole(span) ? null : (
        <div class="strip-part">
          <i
            style={{
              left: `${(span.from * 100).toFixed(3)}%`,
              width: `${((span.to - span.from) * 100).toFixed(3)}%`,
            }}
          />
        </div>
      )}
      <div class="strip-keys">
        {keyMarks(span, MARKS).map((key, place) => (
          <span key={place}>{key}</span>
        ))}
      </div>
    </div>
  );
}
