/** What the measuring parent and the consumer under measurement tell each other. */

/** How the consumer is looked at. `page`: the same as `hub`; that a page is open is the parent's doing. */
export type Mode = 'off' | 'hub' | 'page';

export type ToConsumer =
  | { readonly kind: 'watch'; readonly mode: Mode }
  | { readonly kind: 'measure'; readonly forMs: number }
  | { readonly kind: 'end' };

export type FromConsumer =
  /** It owns all of its shards and has read for a while. */
  | { readonly kind: 'ready' }
  /** It is looked at as was asked; '' where there is no page. */
  | { readonly kind: 'watched'; readonly url: string }
  | { readonly kind: 'measured'; readonly cpuMs: number; readonly records: number };
