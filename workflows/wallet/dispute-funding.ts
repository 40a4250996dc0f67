import * as wf from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { refusalOf } from '../answer.ts';
import { CaseDecisions } from '../case-decisions.ts';
import { GIFTCARD_ESCROW_ENDPOINT, giftcardEscrow, type HostFreezeInput } from '../giftcard/contract.ts';
import {
  DISPUTE_STATUS,
  RESOLVE_DISPUTE,
  type DisputeFundingInput,
  type DisputeResolution,
  type DisputeView,
} from './contract.ts';

const activities = wf.proxyActivities<WalletActivities>(DATABASE_ACTIVITY);

/** The provider may speak of a charge before we have booked it; the last one is repeated. */
const NOT_YET_CREDITED_WAITS_MS = [1_000, 5_000, 30_000, 300_000] as const;

interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

/**
 * A payer disputes a charge: the wallet is frozen and pays what it can, the host owes the rest, and in the giftcard
 * domain no unassigned card of the host can be given away, until finance says how the dispute ended.
 */
export async function disputeFunding(input: DisputeFundingInput): Promise<void> {
  const decisions = new CaseDecisions<DisputeResolution>([RESOLVE_DISPUTE], {
    code: 'case_not_open',
    message: 'The dispute does not wait for a decision.',
  });
  let dispute: DisputeView | undefined;
  wf.setHandler(wf.defineQuery<DisputeView | undefined>(DISPUTE_STATUS), () => dispute);
  const caused = { actor: `workflow:${wf.workflowInfo().workflowId}`, requestId: input.requestId };

  dispute = await begin(input, caused);
  if (dispute) {
    if (dispute.state === 'OPEN') decisions.open(dispute.caseNumber);
    show(dispute);
    const { disputeId: freezeId, hostId, currency } = dispute;
    const freeze: HostFreezeInput = {
      freezeId,
      hostId,
      currency,
      reason: 'charge_disputed',
      requestId: input.requestId,
    };
    const escrow = wf.createNexusServiceClient({ endpoint: GIFTCARD_ESCROW_ENDPOINT, service: giftcardEscrow });
    await escrow.executeOperation('freezeHostEscrow', freeze);
    if (dispute.state === 'OPEN') await activities.alertDispute({ ...dispute, ...caused });
    while (dispute.state === 'OPEN') dispute = await resolve(dispute, decisions);
    await escrow.executeOperation('liftHostFreeze', freeze);
    if (wf.patched('unfreezing-is-noted')) await activities.noteUnfrozen({ disputeId: dispute.disputeId });
    show(dispute);
  }
  await wf.condition(wf.allHandlersFinished);
}

/** @returns undefined when the provider speaks of a charge that is none of ours. */
async function begin(input: DisputeFundingInput, caused: Caused): Promise<DisputeView | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await activities.disputeFunding({ ...input, ...caused });
    } catch (error) {
      const { type } = refusalOf(error);
      if (type !== 'funding_not_credited') {
        wf.log.warn('a dispute of no funding', { fundingId: input.fundingId, code: type });
        return undefined;
      }
      const wait = NOT_YET_CREDITED_WAITS_MS[Math.min(attempt, NOT_YET_CREDITED_WAITS_MS.length - 1)] ?? 300_000;
      await wf.sleep(wait, { summary: 'until the charge is booked' });
    }
  }
}

async function resolve(dispute: DisputeView, decisions: CaseDecisions<DisputeResolution>): Promise<DisputeView> {
  const decision = await decisions.next();
  try {
    return await activities.resolveDispute({ ...decision, disputeId: dispute.disputeId });
  } catch (error) {
    // Decided on what is no longer so: the dispute stays open.
    wf.log.info('dispute is not resolved', { code: refusalOf(error).type });
    decisions.open(dispute.caseNumber);
    return dispute;
  }
}

function show({ disputeId, hostId, amountMinor, currency, state, caseNumber }: DisputeView): void {
  wf.upsertSearchAttributes(keywords({ HostId: hostId, State: state }));
  const waits = state === 'OPEN' ? `, case ${caseNumber}: waits for finance: \`${RESOLVE_DISPUTE}\`` : '';
  wf.setCurrentDetails(`Dispute of charge ${disputeId}, ${amountMinor} ${currency}: **${state}**${waits}`);
}
