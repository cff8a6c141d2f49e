import type { ChartState } from '../../../src/feed/chart.ts';
import type {
  ActorView,
  GroupView,
  HeatView,
  ThroughputView,
  TimelineMark,
} from '../../model/view.ts';

/** All that is known up to a moment. */
export interface Past {
  view(atMs: number): GroupView;
  actors(): readonly ActorView[];
  /** What machines are, by their ids. */
  charts(): ReadonlyMap<string, ChartState>;
  marks(fromMs: number, toMs: number): readonly TimelineMark[];
  heat(stream: string, fromMs: number, toMs: number, columns: number): HeatView;
  throughput(fromMs: number, toMs: number, columns: number): ThroughputView;
}
