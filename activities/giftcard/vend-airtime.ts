import type { Database } from '../../db/connect.ts';
import {
  deliverVend,
  erasePhones,
  failVend,
  findDispatch,
  markVendUnknown,
  parkVend,
  pauseVend,
  readVendStep,
  resumeVend,
  retryVend,
  reverseVend,
  settleVendCase,
  type Dispatch,
  type VendStep,
} from '../../db/giftcard/vend-airtime.ts';
import { phoneAad, PHONE_KEPT_MS } from '../../domain/phone-number.ts';
import type { AirtimePort } from '../../providers/airtime/port.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { TopUpResult, VendDecision, VendPatience } from '../../workflows/giftcard/airtime.contract.ts';

interface OfVend {
  readonly vendId: string;
  readonly actor: string;
  readonly requestId: string;
}

interface OfIntent extends OfVend {
  readonly intentId: string;
}

export const vendAirtimeActivities = (db: Database, alerts: AlertsPort, patience: VendPatience) => ({
  /** Where the vend stands, and how long its provider is asked. */
  openVend: async ({ vendId }: Pick<OfVend, 'vendId' | 'requestId'>) => ({
    step: await readVendStep(db, { vendId }),
    patience,
  }),

  markVendUnknown: (input: OfVend & { reason: string }): Promise<VendStep> => markVendUnknown(db, input, input),
  deliverVend: (input: OfIntent & { providerId: string }): Promise<VendStep> => deliverVend(db, input, input),
  failVend: (input: OfIntent & { failureCode: string }): Promise<VendStep> => failVend(db, input, input),
  pauseVend: (input: OfIntent): Promise<VendStep> => pauseVend(db, input, input),
  resumeVend: (input: OfVend): Promise<VendStep> => resumeVend(db, input, input),
  parkVend: (input: OfVend & { reason: string }): Promise<VendStep> => parkVend(db, input, input),
  reverseVend: (input: OfIntent): Promise<VendStep> => reverseVend(db, input, input),

  /** What somebody, or two people, have decided about the open case. */
  decideVend: ({ kind, reason, ...input }: OfVend & VendDecision): Promise<VendStep> => {
    const decided = { ...input, decisionReason: reason };
    return kind === 'retry' ? retryVend(db, decided, input) : settleVendCase(db, { ...decided, kind }, input);
  },

  alertVend: ({ vendId, requestId, caseNumber, reason }: OfVend & { caseNumber: number; reason: string }) =>
    alerts.raise({
      key: `airtime-vend:${vendId}:${caseNumber}`,
      summary: `Top-up ${vendId} needs a decision: ${reason}`,
      correlationId: requestId,
    }),

  /** Once a day and currency: whoever keeps the float has to fill it. */
  alertFloat: ({ currency, day, requestId }: { currency: string; day: string; requestId: string }) =>
    alerts.raise({
      key: `airtime-float:${currency}:${day}`,
      summary: `The airtime provider lacks our float in ${currency}: top-ups wait for it`,
      correlationId: requestId,
    }),
});

const PIECE = 500;

/** Of phones that were topped up long ago. */
export async function eraseOldPhones(db: Database, beat: () => void): Promise<void> {
  for (let erased = PIECE; erased === PIECE; beat())
    ({ erased } = await erasePhones(db, { keptMs: PHONE_KEPT_MS, limit: PIECE }));
}

export interface TelecomDependencies {
  readonly db: Database;
  readonly airtime: AirtimePort;
  /** Opens the numbers of phones. */
  readonly phones: SecretBox;
}

interface Asked {
  readonly intentId: string;
  readonly requestId: string;
}

export const telecomActivities = ({ db, airtime, phones }: TelecomDependencies) => ({
  /** Under the intent's id: however often it is sent, one top-up comes of it. */
  sendTopUp: async ({ intentId }: Asked): Promise<TopUpResult> => {
    const dispatch = await requireDispatch(db, intentId);
    const { vendId, phoneSealed, intentState, operator, ...amount } = dispatch;
    // It has ended meanwhile, and its number may be gone: somebody else has carried it on.
    if (phoneSealed === null || !LIVE.has(intentState)) return airtime.find({ reference: intentId, ...amount });
    const phone = phones.open(phoneSealed, phoneAad(vendId)).toString('utf8');
    return airtime.send({ reference: intentId, phone, operator, ...amount });
  },

  findTopUp: async ({ intentId }: Asked): Promise<TopUpResult> => {
    const { amountMinor, currency } = await requireDispatch(db, intentId);
    return airtime.find({ reference: intentId, amountMinor, currency });
  },
});

const LIVE = new Set(['SENT', 'UNKNOWN']);

async function requireDispatch(db: Database, intentId: string): Promise<Dispatch> {
  const dispatch = await findDispatch(db, intentId);
  if (!dispatch) throw new Error(`There is no top-up intent ${intentId}`);
  return dispatch;
}
