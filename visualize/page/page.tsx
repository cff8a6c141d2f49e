import type { JSX } from 'preact';
import { ActorPane } from './actor/actor-pane.tsx';
import { Details } from './details/details.tsx';
import { Masthead } from './frame/masthead.tsx';
import { Notice } from './frame/notice.tsx';
import { StartScreen } from './frame/start-screen.tsx';
import { HeatPanel } from './heat/heat-panel.tsx';
import { MembersPanel } from './members/members-panel.tsx';
import { SimulationPanel } from './sources/simulation-panel.tsx';
import { DropZone } from './sources/ways-in.tsx';
import { source, view } from './state/shown.ts';
import { StripsPanel } from './strip/strips-panel.tsx';
import { Dock } from './timeline/dock.tsx';
import { TimelinePanel } from './timeline/timeline-panel.tsx';

/** What a lost connection left behind is not what is. */
const isOld = (): boolean => {
  const kind = source.value?.connection().kind;
  return kind === 'lost' || kind === 'failed';
};

export function Page(): JSX.Element {
  return (
    <>
      <Masthead />
      {view.value === null ? (
        <StartScreen />
      ) : (
        <main class={isOld() ? 'board is-old' : 'board'}>
          <div class="board-main">
            <SimulationPanel />
            <StripsPanel />
            <MembersPanel />
            <TimelinePanel />
            <HeatPanel />
            <ActorPane />
          </div>
          <aside class="board-aside">
            <Details />
          </aside>
        </main>
      )}
      <Dock />
      <Notice />
      <DropZone />
    </>
  );
}
