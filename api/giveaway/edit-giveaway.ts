import { z } from 'zod';
import { editGiveaway, type GiveawayChange } from '../../db/giveaway/edit-giveaway.ts';
import { requireRandomness } from '../../domain/giveaway-modes.ts';
import { MOVE_DEADLINE_LOOK, runGiveawayId } from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { updateRunning } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { methodsOf } from './entry-methods.ts';
import { editedMode } from './giveaway-mode.ts';
import { draftSchema } from './giveaways.ts';
import { unitsOf } from './prize-groups.ts';

const { currency: _fixed, ...editable } = draftSchema;
/** As in a draft, and what is absent stays: no default fills it. */
const changeSchema = z.object(
  Object.fromEntries(Object.entries(editable).map(([name, schema]) => [name, z.optional(withoutDefault(schema))])) as {
    [K in keyof typeof editable]: z.ZodOptional<(typeof editable)[K]>;
  },
);

function withoutDefault(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
}

export const editGiveawayRoute = ({ db, temporal, entryHashes, sources, budgetMs }: GiveawayApi): Route =>
  defineRoute({
    method: 'patch',
    path: '/v1/giveaways/{giveawayId}',
    summary:
      'Change my giveaway: a draft in everything, a published one until the first entry, then only what hurts nobody',
    auth: 'giveaway.manage',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    body: changeSchema.extend({ notice: z.string().trim().min(3).max(500).default('The host has changed the rules.') }),
    responses: { 200: { description: 'What has changed; entrants are told' } },
    handler: async ({ params: { giveawayId }, body, resourceId, principal, actor, requestId }) => {
      const { notice, entryMethods, prizes, opensAt, closesAt, ...others } = body;
      if (others.randomness) requireRandomness(others.randomness, { hasBeacon: sources.beacon !== undefined });
      const { mode, prizesPerPerson, drawBy, drawWithinMs, instantWin, ...rest } = others;
      const change = {
        ...rest,
        opensAt: opensAt === undefined ? undefined : new Date(opensAt),
        closesAt: closesAt === undefined ? undefined : new Date(closesAt),
        methods: methodsOf(entryMethods, giveawayId, entryHashes),
        prizes: prizes && unitsOf(prizes, resourceId),
        mode: editedMode({ mode, prizesPerPerson, drawBy, drawWithinMs, instantWin }),
      } as GiveawayChange;
      const edit = { giveawayId, hostId: principal.userId, change, notice };
      const { changed } = await editGiveaway(db, edit, { actor, requestId });
      if (closesAt !== undefined) {
        // Whoever waits for the deadline looks at it again; a repeat of this call says so again.
        const workflowId = runGiveawayId(giveawayId);
        await updateRunning(temporal, {
          workflowId,
          update: MOVE_DEADLINE_LOOK,
          updateId: resourceId,
          args: [],
          budgetMs,
        });
      }
      return { status: 200, body: { giveawayId, changed, href: `/v1/giveaways/${giveawayId}` } };
    },
  });
