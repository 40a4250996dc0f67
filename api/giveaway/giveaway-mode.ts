import { z } from 'zod';
import { INSTANT_WIN_KINDS, MILLION } from '../../domain/draw/instant-win.ts';
import {
  DEFAULT_MODE,
  DRAW_BY,
  GIVEAWAY_MODES,
  PRIZES_PER_PERSON,
  type ModeRules,
} from '../../domain/giveaway-modes.ts';

const MAX_DRAW_WITHIN_MS = 90 * 24 * 3_600_000;

/** How winners are found: part of a draft. */
export const modeSchema = {
  /** `leaderboard`: by the sums of the weights; only ties are drawn. */
  mode: z.enum(GIVEAWAY_MODES).default(DEFAULT_MODE.mode),
  /** `several`: one person may win one unit of each prize. */
  prizesPerPerson: z.enum(PRIZES_PER_PERSON).default(DEFAULT_MODE.prizesPerPerson),
  /** `either`: by hand before the deadline, else at the deadline. */
  drawBy: z.enum(DRAW_BY).default(DEFAULT_MODE.drawBy),
  /** With the mode `instant_win`, and with no other. */
  instantWin: z
    .object({ by: z.enum(INSTANT_WIN_KINDS), oddsPerMillion: z.int().min(1).max(MILLION).optional() })
    .optional(),
  /** With `hand`: how long after the end of entry the draw begins by itself, at the latest. */
  drawWithinMs: z.int().min(0).max(MAX_DRAW_WITHIN_MS).default(DEFAULT_MODE.drawWithinMs),
};

type ModeBody = z.output<z.ZodObject<typeof modeSchema>>;

/** The part of a mode that is to be another one; undefined: none. */
export function editedMode(mode: { [Name in keyof ModeBody]?: ModeBody[Name] | undefined }):
  | Partial<ModeRules>
  | undefined {
  const given = Object.entries(mode).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

export const modeOf = ({ mode, prizesPerPerson, drawBy, drawWithinMs, instantWin }: ModeBody): ModeRules => ({
  mode,
  prizesPerPerson,
  drawBy,
  drawWithinMs,
  ...(instantWin ? { instantWin } : {}),
});
