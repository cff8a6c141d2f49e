import type { JSX } from 'preact';
import type { Conditions } from '../../worker/messages.ts';
import { Panel } from '../frame/panel.tsx';
import { source } from '../state/shown.ts';
import { rate } from '../text/numbers.ts';
import { ActButton } from './act-button.tsx';
import type { Simulation } from './simulation-source.ts';

const isSimulation = (from: { readonly kind: string } | null): from is Simulation =>
  from?.kind === 'simulation';

interface Knob {
  readonly of: keyof Conditions;
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly text: (value: number) => string;
}

const LEVELS = ['none', 'a few', 'some', 'many', 'very many'];
const level = (value: number): string => LEVELS[Math.round(value * 4)] ?? '';

const KNOBS: readonly Knob[] = [
  { of: 'clients', name: 'Clients', min: 0, max: 20, step: 1, text: String },
  { of: 'shards', name: 'Shards', min: 1, max: 200, step: 1, text: String },
  { of: 'recordsPerSecond', name: 'Records/s', min: 0, max: 1_000, step: 10, text: rate },
  { of: 'faults', name: 'Faults of AWS', min: 0, max: 1, step: 0.25, text: level },
  { of: 'chaos', name: 'Crashes', min: 0, max: 1, step: 0.25, text: level },
  { of: 'speed', name: 'Speed', min: 0, max: 20, step: 0.5, text: (value) => `${value} ×` },
];

/** What the group in the page lives under. */
export function SimulationPanel(): JSX.Element | null {
  const from = source.value;
  if (!isSimulation(from)) return null;
  const conditions = from.conditions.value;
  const reached = from.speed.value;
  const behind = conditions.speed > 0 && reached < conditions.speed * 0.8;
  return (
    <Panel
      title="Simulation"
      class="panel-simulation"
      note={
        behind
          ? `this machine reaches ${reached.toFixed(1)} ×`
          : 'the code of the library, in this page'
      }
      tools={
        <>
          <ActButton action={{ kind: 'add' }} title="One more client joins">
            + client
          </ActButton>
          <ActButton action={{ kind: 'split' }} title="Some shard is split in two">
            Split
          </ActButton>
          <ActButton action={{ kind: 'merge' }} title="Two neighbours become one">
            Merge
          </ActButton>
        </>
      }
    >
      <div class="knobs">
        {KNOBS.map(({ of, name, min, max, step, text }) => (
          <label class="knob" key={of}>
            <span>{name}</span>
            <b class="num">{text(conditions[of])}</b>
            <input
              type="range"
              min={min}
              max={max}
              step={step}
              value={conditions[of]}
              onInput={(event) => from.change({ [of]: event.currentTarget.valueAsNumber })}
            />
          </label>
        ))}
      </div>
    </Panel>
  );
}
