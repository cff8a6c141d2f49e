import type { JSX } from 'preact';
import { letterOf, OWNER_COLOURS } from '../drawing/colours.ts';
import { memberOf } from '../state/shown.ts';
import { shortened } from '../text/numbers.ts';

/** The colour, pattern and letter of a member, as in the strips. */
export function Chip({ colour }: { readonly colour: number | null }): JSX.Element {
  if (colour === null) return <i class="chip chip-unknown">?</i>;
  const round = Math.floor(colour / OWNER_COLOURS);
  const pattern = round === 0 ? '' : ` pattern-${((round - 1) % 3) + 1}`;
  return <i class={`chip owner-${colour % OWNER_COLOURS}${pattern}`}>{letterOf(colour)}</i>;
}

/** A member by chip and name. */
export function MemberName(properties: {
  readonly clientId: string;
  /** Of another moment than the shown one. */
  readonly colour?: number | null;
  readonly longest?: number;
}): JSX.Element {
  const { clientId, longest = 28 } = properties;
  const colour = memberOf(clientId)?.colour ?? properties.colour ?? null;
  return (
    <span class="member-name" title={clientId}>
      <Chip colour={colour} />
      <span>{shortened(clientId, longest)}</span>
    </span>
  );
}
