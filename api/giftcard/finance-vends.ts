import { z } from 'zod';
import { findVend, listVendIntents, listVends } from '../../db/giftcard/vend-airtime.ts';
import { caseHistory } from '../../db/parked-cases.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TopUpLookUp } from '../../providers/airtime/port.ts';
import { DECIDE_VEND, vendAirtimeId, type VendDecision } from '../../workflows/giftcard/airtime.contract.ts';
import { uuid } from '../http/amounts.ts';
import { caseQuery } from '../http/case-query.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

const vendId = z.object({ vendId: uuid });
const decision = z.object({ caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) });
const state = z
  .enum(['submitted', 'unknown', 'waiting_for_float', 'needs_attention', 'delivered', 'failed_definite', 'reversed'])
  .optional();

/** Intents that the provider is asked about, the newest: each pause for float leaves one behind. */
const ASKED_AT_ONCE = 6;

export const financeVendRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/top-ups',
    summary: 'Top-ups for finance: by state, merchant, currency, reason and age; newest first',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, ...caseQuery, state, merchantId: uuid.optional() }),
    responses: { 200: { description: 'Top-ups with their case and reason, without numbers' } },
    handler: async ({ query }) => {
      const found = await listVends(deps.db, { ...query, state: query.state?.toUpperCase() });
      return { status: 200, body: pageOf(found, query.limit, (vend) => vend.vendId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/top-ups/{vendId}',
    summary: 'A top-up, what was sent of it, what the provider says now, and who decided what',
    auth: 'finance.read',
    params: vendId,
    responses: { 200: { description: 'The top-up; a provider that cannot be reached is an answer, too' } },
    handler: async ({ params }) => {
      const vend = await requireVend(deps, params.vendId);
      const listed = await listVendIntents(deps.db, params.vendId);
      const intents = await Promise.all(
        listed.map(async (intent, index) => ({
          ...intent,
          provider: index < listed.length - ASKED_AT_ONCE ? null : await askProvider(deps, vend, intent.intentId),
        })),
      );
      return {
        status: 200,
        body: { ...vend, intents, history: await caseHistory(deps.db, 'airtime_vend', params.vendId) },
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/top-ups/{vendId}/retry',
    summary: 'Ask the provider again about a top-up that is parked',
    auth: 'finance.decide',
    idempotent: true,
    params: vendId,
    body: decision,
    responses: { 202: { description: 'Decided: it is asked again' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      await requireVend(deps, params.vendId);
      return decide(deps, params.vendId, resourceId, { kind: 'retry', ...body, actor, requestId });
    },
  }),
  ...(['delivered', 'failed'] as const).map((outcome) =>
    defineRoute({
      method: 'post',
      path: `/v1/finance/top-ups/{vendId}/take-as-${outcome}`,
      summary: `Take a top-up for ${outcome} of which the provider will never say: takes two people`,
      auth: 'finance.decide',
      idempotent: true,
      params: vendId,
      body: decision,
      responses: {
        202: { description: 'Decided by two people: should the provider know by now, its word counts' },
        200: { description: 'Asked for: another person has to ask for the same' },
      },
      handler: async ({ params, body, resourceId, actor, requestId }) => {
        const kind = `take_as_${outcome}` as const;
        requireCase(await requireVend(deps, params.vendId), body.caseNumber);
        const status = await secondDecision(
          deps.db,
          { decisionId: resourceId, subjectType: 'airtime_vend', subjectId: params.vendId, kind, ...body },
          { actor, requestId },
        );
        if (!status.approved) return { status: 200, body: { ...status, vendId: params.vendId } };
        return decide(deps, params.vendId, resourceId, { kind, ...body, actor, requestId });
      },
    }),
  ),
];

/** What the provider says now; that it cannot be asked, or that we asked wrongly, takes nobody's page away. */
function askProvider(
  { airtime }: GiftcardApi,
  { amountMinor, currency }: { readonly amountMinor: string; readonly currency: string },
  reference: string,
): Promise<TopUpLookUp> {
  const asked = { reference, amountMinor: BigInt(amountMinor), currency };
  return airtime
    .find(asked)
    .catch((error: unknown): TopUpLookUp => ({ kind: 'unknown', cause: String(error), retryAfterMs: 0 }));
}

async function requireVend({ db }: GiftcardApi, id: string) {
  const vend = await findVend(db, id);
  if (!vend) throw new DomainError('airtime_vend_not_found', 'There is no such top-up.');
  const { phoneSealed: _phone, userId: _userId, ...shown } = vend;
  return shown;
}

function requireCase(vend: { readonly state: string; readonly caseNumber: number }, caseNumber: number): void {
  if (vend.state !== 'NEEDS_ATTENTION')
    throw new DomainError('case_not_open', `The top-up is ${vend.state}.`, { state: vend.state });
  if (vend.caseNumber !== caseNumber)
    throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber: vend.caseNumber });
}

async function decide(
  { db, temporal, budgetMs }: GiftcardApi,
  id: string,
  updateId: string,
  made: VendDecision,
): Promise<Reply> {
  const accepted = await decideCase(temporal, {
    workflowId: vendAirtimeId(id),
    update: DECIDE_VEND,
    updateId,
    args: [made],
    budgetMs,
    notOpen: 'case_not_open',
    isOpen: async () => (await findVend(db, id))?.state === 'NEEDS_ATTENTION',
  });
  if (!accepted) throw new DomainError('case_not_open', 'The top-up does not wait for a decision.');
  return { status: 202, body: { vendId: id, href: `/v1/finance/top-ups/${id}` } };
}
