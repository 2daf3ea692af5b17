// The filters of a query that go by a vehicle's state, as a table: what a row's state and flags say
// is one of 128 classes, and each class passes or does not.
//
// What vehicles do and what needs a look are two questions: of each any answer that is chosen fits,
// and both must fit. A vehicle that stopped reporting does nothing that anybody knows of; but where
// silence is asked for, it is also asked what the silent did before.

import { MOTIONS, STANDINGS, STANDING_OF_STATE, UNKNOWN_MOTION, freshnessOfState, needsAttention } from "../codes.ts";
import type { Attention } from "../codes.ts";
import { FLAG } from "./columns.ts";
import type { ListQuery } from "./messages.ts";

export const CLASSES = 128;
const STATE_BITS = 63;
const DIVERGING_SHIFT = 6;
const SILENT: readonly Attention[] = ["overdue", "stale", "offline"];

/** The class of a row: motion in bits 0 to 2, freshness in 3 to 5, and whether it is diverging. */
export function classOf(state: number, flags: number): number {
  return (state & STATE_BITS) | ((flags & FLAG.diverging) << DIVERGING_SHIFT);
}

export function standingOfClass(code: number): number {
  return STANDING_OF_STATE[code & STATE_BITS]!;
}

export function classNeeds(attention: Attention, code: number): boolean {
  return needsAttention(attention, freshnessOfState(code & STATE_BITS), code >> DIVERGING_SHIFT !== 0);
}

/** Whether a query asks for some vehicles rather than for all. */
export function isSelective({ text, standings, attention = [], groups = [] }: ListQuery): boolean {
  return [text.trim(), standings, attention, groups].some(({ length }) => length > 0);
}

/** By class: 1 where the query lets it through. */
export function filterOf(query: ListQuery): Uint8Array {
  return Uint8Array.from({ length: CLASSES }, (_, code) => Number(passes(code, query)));
}

function passes(code: number, { standings, attention = [] }: ListQuery): boolean {
  if (attention.length > 0 && !attention.some((one) => classNeeds(one, code))) return false;
  if (standings.length === 0) return true;
  const standing = STANDINGS[standingOfClass(code)]!;
  const isSilent = standing === "overdue" && attention.some((one) => SILENT.includes(one));
  return standings.includes(standing) || (isSilent && standings.includes(MOTIONS[Math.min(code & 7, UNKNOWN_MOTION)]!));
}
