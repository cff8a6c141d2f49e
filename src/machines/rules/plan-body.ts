/** A plan as the text of its item, which anybody may have written; never throws. */
import type { Plan } from './plan.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isMember = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['clientId'] === 'string' &&
  typeof value['session'] === 'string' &&
  typeof value['streamsHash'] === 'string';

const isStreamPlan = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['mapVersion'] === 'number' &&
  Array.isArray(value['ranges']) &&
  value['ranges'].every(
    (range) =>
      isRecord(range) &&
      typeof range['clientId'] === 'string' &&
      (range['first'] === null || typeof range['first'] === 'string'),
  );

const isPlan = (value: unknown): value is Plan =>
  isRecord(value) &&
  typeof value['gen'] === 'number' &&
  typeof value['planId'] === 'string' &&
  typeof value['leader'] === 'string' &&
  Array.isArray(value['members']) &&
  value['members'].every(isMember) &&
  isRecord(value['streams']) &&
  Object.values(value['streams']).every(isStreamPlan);

export type PlanBody =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** `problem`: what of it cannot be understood. */
  | { readonly kind: 'corrupted'; readonly problem: string; readonly cause?: unknown };

/** @param body all parts of it, joined */
export function parsePlanBody(body: string): PlanBody {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    return { kind: 'corrupted', problem: 'its body', cause };
  }
  return isPlan(value)
    ? { kind: 'plan', plan: value }
    : { kind: 'corrupted', problem: 'its shape' };
}
