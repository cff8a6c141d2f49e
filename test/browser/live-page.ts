/** The live page as a person sees it: what its strip shows, who is in the group, what its buttons do. */
import type { Locator, Page } from 'playwright-core';
import { vi } from 'vitest';

/** Less is no block. */
const SLIVER = 0.01;
const SETTLES_WITHIN = { timeout: 30_000, interval: 100 };

/**
 * Where a strip shows the keys as somebody's, by client id, and what part of them; `other`: nobody's, a gap, or on its
 * way.
 */
type Places = Readonly<Record<string, { readonly share: number; readonly middle: number }>>;

/** Reads the colours of a strip back from its picture, and of the chips that stand for the members. */
const PLACES = `(() => {
  const paint = document.createElement('canvas').getContext('2d');
  const rgb = (css) => {
    paint.fillStyle = css;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
  };
  const owners = {};
  for (const row of document.querySelectorAll('.members tbody tr')) {
    const chip = row.querySelector('.chip');
    if (chip === null) continue;
    const id = row.querySelector('.member-name').getAttribute('title');
    owners[rgb(getComputedStyle(chip).backgroundColor)] = id;
  }
  const canvas = document.querySelector('.strip canvas');
  if (canvas === null) return {};
  const line = canvas.getContext('2d').getImageData(0, Math.round(4 * devicePixelRatio), canvas.width, 1).data;
  const places = {};
  const seam = 3 * devicePixelRatio;
  const ownerAt = (x) => owners[[...line.slice(4 * x, 4 * x + 3)].join()] ?? 'other';
  for (let x = 0, from = 0; x <= canvas.width; x += 1) {
    if (x < canvas.width && ownerAt(x) === ownerAt(from)) continue;
    const owner = ownerAt(from);
    const place = (places[owner] ??= { share: 0, at: [] });
    if (owner !== 'other' || x - from > seam) {
      place.share += (x - from) / canvas.width;
      for (let at = from; at < x; at += 1) place.at.push(at / canvas.width);
    }
    from = x;
  }
  for (const place of Object.values(places)) place.middle = place.at[place.at.length >> 1];
  return places;
})()`;

export class LivePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Who has more than a sliver of the keys of the first stream, in order; `other`: some of it is in nobody's hands. */
  async owners(): Promise<readonly string[]> {
    const places = (await this.page.evaluate(PLACES)) as Places;
    return Object.keys(places)
      .filter((owner) => (places[owner]?.share ?? 0) > SLIVER)
      .sort();
  }

  /** Waits until so many share all of the keys. */
  async untilOwned(by: number): Promise<readonly string[]> {
    return this.#until(`all is owned, by ${by}`, (owners) => owners.length === by);
  }

  /** Waits until all of the keys are in somebody's hands. */
  async untilSettled(): Promise<readonly string[]> {
    return this.#until('all is owned', (owners) => owners.length > 0);
  }

  async #until(what: string, holds: (owners: readonly string[]) => boolean) {
    let owners: readonly string[] = [];
    await vi.waitFor(async () => {
      owners = await this.owners();
      if (owners.includes('other') || !holds(owners)) {
        throw new Error(`not yet: ${what}; the strip shows ${owners.join(', ')}`);
      }
    }, SETTLES_WITHIN);
    return owners;
  }

  row(clientId: string): Locator {
    const name = this.page.locator(`[title="${clientId}"]`);
    return this.page.locator('.members tbody tr').filter({ has: name });
  }

  /** Client ids of those that are in the group. */
  async members(): Promise<readonly string[]> {
    const names = '.members tbody tr:not(.is-gone) .member-name';
    const titles = `[...document.querySelectorAll('${names}')].map((name) => name.title)`;
    return (await this.page.evaluate(titles)) as readonly string[];
  }

  /** Waits for the first of them. */
  async someMember(): Promise<string | null> {
    return this.page.locator('.members tbody .member-name').first().getAttribute('title');
  }

  /** Chooses, in the strip of the first stream, what an owner has. */
  async choose(owner: string): Promise<void> {
    const places = (await this.page.evaluate(PLACES)) as Places;
    const strip = this.page.locator('.strip').first();
    const { width = 0 } = (await strip.boundingBox()) ?? {};
    await strip.click({ position: { x: (places[owner]?.middle ?? 0) * width, y: 12 } });
  }
}
