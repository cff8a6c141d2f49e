/** The statecharts on the page, of a feed that tells of some. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine, StateValue } from 'xstate';
import { chartOf } from '../../src/feed/chart.ts';
import type { FeedLine } from '../../src/feed/events.ts';
import { clientMachine } from '../../src/machines/client.ts';
import { roleMachine } from '../../src/machines/role.ts';
import { shardReaderMachine } from '../../src/machines/shard-reader.ts';
import { expectSound, keepScreenshot, useBrowser, type Opening } from './browser.ts';
import { builtPage } from './built-page.ts';
import { useFixture } from './fixture-server.ts';

const idsOf = (machine: AnyStateMachine, value: StateValue): readonly string[] =>
  machine.resolveState({ value, context: {} })._nodes.map(({ id }) => id);

const reading = (fetch: string, deliver = 'idle'): StateValue => ({
  active: { fetch, deliver, position: 'clean', mode: 'open' },
});

/** What one actor is, and came to by its last event. */
interface Told {
  readonly machine: AnyStateMachine;
  readonly actorId: string;
  readonly name: string;
  readonly before: StateValue;
  readonly event: string;
  readonly value: StateValue;
  readonly context?: object;
}

const reader = (shard: number, told: Pick<Told, 'before' | 'event' | 'value'>): Told => ({
  machine: shardReaderMachine,
  actorId: `reader-${shard}`,
  name: `reader orders/shardId-${String(shard).padStart(4, '0')}`,
  context: { fence: 7, position: '49590338271', shard: { stream: 'orders' } },
  ...told,
});

const fetched = {
  before: reading('reading'),
  event: 'xstate.done.actor.fetch',
  value: reading('waiting', 'delivering'),
};
const DRAINING = {
  before: reading('waiting', 'delivering'),
  value: { draining: { handler: 'finishing', position: 'dirty' } },
};
/** When the second reader begins to drain. */
const LATER_MS = 5_000;
const leading = {
  leadership: 'confirmed',
  progress: 'going',
  planning: 'rounding',
  tidying: 'waiting',
};

const ACTORS: readonly Told[] = [
  {
    machine: clientMachine,
    actorId: 'client-1',
    name: 'client a',
    before: { registering: 'joining' },
    event: 'xstate.done.actor.register',
    value: { active: { commits: 'ticking', streams: 'steady', duty: 'serving' } },
    context: { clientId: 'a', streams: ['orders'], close: null, attempt: 0, told: '<b>bold</b>' },
  },
  {
    machine: roleMachine,
    actorId: 'role-1',
    name: 'role',
    before: { look: 'resting', duty: { campaigning: 'claiming' } },
    event: 'xstate.done.actor.claim',
    value: { look: 'resting', duty: { leader: leading } },
  },
  ...Array.from({ length: 40 }, (_, shard) =>
    reader(
      shard,
      shard % 8 === 0
        ? {
            before: reading('waiting'),
            event: 'DRAIN',
            value: { draining: { handler: 'finishing', position: 'dirty' } },
          }
        : fetched,
    ),
  ),
];

function feed(): string {
  const charts = [clientMachine, roleMachine, shardReaderMachine].map((machine) => ({
    kind: 'chart' as const,
    machine: machine.id,
    definition: chartOf(machine),
  }));
  const process = 'p1';
  const actors = ACTORS.flatMap(({ machine, actorId, name, before, event, value, context }) => [
    { kind: 'actor' as const, process, actorId, parentId: null, machine: machine.id, name },
    {
      kind: 'state' as const,
      process,
      actorId,
      status: 'active' as const,
      value,
      activeIds: idsOf(machine, value),
      event,
      from: idsOf(machine, before),
      context: context ?? null,
    },
  ]);
  const { before, value } = DRAINING;
  const later = {
    kind: 'state' as const,
    process,
    actorId: 'reader-1',
    status: 'active' as const,
    value,
    activeIds: idsOf(shardReaderMachine, value),
    event: 'DRAIN',
    from: idsOf(shardReaderMachine, before),
    context: null,
  };
  const events = [
    ...[...charts, ...actors].map((each, order) => ({ ...each, atMs: order, order })),
    { ...later, atMs: LATER_MS, order: 10_000 },
  ];
  const header = { kind: 'trace', version: 1, source: 'process', app: 'shop', scenario: null };
  return [header as FeedLine, ...(events as readonly FeedLine[])]
    .map((line) => JSON.stringify(line))
    .join('\n');
}

const browser = await useBrowser();
const origin = await useFixture(await builtPage());

async function opened(options?: Opening) {
  const watched = await browser.open(options);
  await watched.page.goto(`${origin}/index.html`);
  await watched.page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'feed.jsonl',
      mimeType: 'application/x-ndjson',
      buffer: Buffer.from(feed()),
    });
  return { ...watched, pane: watched.page.getByRole('region', { name: 'Statecharts' }) };
}

/** Lets the page draw so often: what it is about to move has begun to move by then. */
const framesOf = (page: Page, frames: number): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => {
    let left = ${frames};
    const next = () => (left-- > 0 ? requestAnimationFrame(next) : resolve());
    next();
  })`);

describe('the statecharts of the page', () => {
  it('show where the client is, how it came there and what it knows, under the strict policy', async () => {
    const watched = await opened();
    const { page, pane } = watched;
    await pane.locator('svg.chart').waitFor();
    const lit = (mark: string) =>
      pane.locator(`g.${mark}`).evaluateAll((all) => all.map(({ id }) => id));
    await expect.poll(() => lit('is-active')).toContain('state:client.active.duty.serving');
    expect(await lit('is-active')).not.toContain('state:client.registering');
    expect(await lit('is-taken')).toEqual([
      'edge:client.registering.joining:client.active',
      'label:edge:client.registering.joining:client.active',
    ]);
    await pane.getByText('Context').click();
    await pane.getByText('"<b>bold</b>"').waitFor();
    await keepScreenshot(page, 'statechart-client');
    expectSound(watched);
  });

  it('count many readers by their states before they show one', async () => {
    const watched = await opened({ colorScheme: 'dark' });
    const { page, pane } = watched;
    await pane.getByRole('button', { name: /^reader/ }).click();
    const rows = pane.getByRole('table').getByRole('row');
    await expect.poll(() => rows.allTextContents()).toHaveLength(3);
    expect(await rows.nth(1).textContent()).toMatch(/fetch waiting.*34/);
    await keepScreenshot(page, 'statechart-states');
    await rows.nth(2).getByRole('button').click();
    await pane.getByRole('button', { name: /shardId-0008/ }).click();
    await pane.locator('svg g.is-active[id="state:reader.draining"]').waitFor();
    await pane.getByRole('heading', { name: 'reader orders/shardId-0008' }).waitFor();
    await keepScreenshot(page, 'statechart-reader');
    await pane.getByRole('button', { name: 'all states' }).click();
    await pane.getByRole('table').waitFor();
    expectSound(watched);
  });

  it.each(['no-preference', 'reduce'] as const)(
    'keep the state of the actor in sight, and leave the picture where somebody put it: motion %s',
    async (reducedMotion) => {
      const watched = await opened({ viewport: { width: 390, height: 844 } });
      const { page, pane } = watched;
      await page.emulateMedia({ reducedMotion });
      await pane.getByRole('button', { name: /^reader/ }).click();
      await pane.getByRole('table').getByRole('row').nth(2).getByRole('button').click();
      await pane.getByRole('button', { name: /shardId-0001/ }).click();
      const room = pane.locator('.chart-room');
      const leaf = (id: string) => room.locator(`g.is-active[id="state:reader.${id}"]`);
      const isSeen = async (id: string): Promise<boolean> => {
        const [outer, inner] = [await room.boundingBox(), await leaf(id).boundingBox()];
        if (outer === null || inner === null) return false;
        return (
          inner.x >= outer.x &&
          inner.y >= outer.y &&
          inner.x + inner.width <= outer.x + outer.width &&
          inner.y + inner.height <= outer.y + outer.height
        );
      };
      const draining = 'draining.handler.finishing';
      // both were entered at once, and a phone has no room for the two
      const isReadingSeen = async (): Promise<boolean> =>
        (await isSeen('active.fetch.waiting')) || (await isSeen('active.deliver.delivering'));
      await expect.poll(() => isSeen(draining)).toBe(true);
      const slider = page.getByRole('slider', { name: 'Shown moment' });
      await slider.press('Home');
      await slider.press('ArrowRight');
      await expect.poll(isReadingSeen).toBe(true);
      await slider.press('End');
      await expect.poll(() => isSeen(draining)).toBe(true);

      await slider.press('Home');
      await slider.press('ArrowRight');
      await expect.poll(isReadingSeen).toBe(true);
      await room.hover();
      await page.mouse.wheel(-5_000, -5_000);
      await expect
        .poll(() => room.evaluate(({ scrollTop, scrollLeft }) => scrollTop + scrollLeft))
        .toBe(0);
      await slider.press('End');
      await leaf(draining).waitFor();
      await framesOf(page, 10);
      expect(await room.evaluate(({ scrollTop, scrollLeft }) => scrollTop + scrollLeft)).toBe(0);
      expectSound(watched);
    },
  );

  it('fit a phone, and a whole chart into it', async () => {
    const { page, pane } = await opened({ viewport: { width: 390, height: 844 } });
    await pane.getByRole('button', { name: /^role/ }).click();
    await pane.getByRole('button', { name: 'fit' }).click();
    const width = (selector: string) =>
      pane.locator(selector).evaluate((element) => element.getBoundingClientRect().width);
    await expect.poll(() => width('svg.chart')).toBeLessThan(390);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await keepScreenshot(page, 'statechart-phone');
  });
});
