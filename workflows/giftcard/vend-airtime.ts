import * as wf from '@temporalio/workflow';
import type { GiftcardActivities, TelecomActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { refusalOf } from '../answer.ts';
import { CaseDecisions } from '../case-decisions.ts';
import {
  DECIDE_VEND,
  TELECOM_TASK_QUEUE,
  VEND_HINT,
  VEND_STATUS,
  type TopUpResult,
  type VendAirtimeInput,
  type VendDecision,
  type VendPatience,
  type VendView,
} from './airtime.contract.ts';

const { openVend, markVendUnknown, deliverVend, failVend, pauseVend, resumeVend, decideVend } =
  wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);
const { parkVend, alertVend, alertFloat } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { sendTopUp, findTopUp } = wf.proxyActivities<TelecomActivities>({
  ...PROVIDER_CALL,
  taskQueue: TELECOM_TASK_QUEUE,
  summary: 'top-up at the airtime provider',
});

type Step = Awaited<ReturnType<typeof openVend>>['step'];

/** While a case is open the provider is asked this often by itself: it may know at last. */
const PARKED_CHECK_MS = 24 * 3_600_000;
/** What the breaker says in the provider's stead. */
const NOT_ASKED = 'breaker_open';
const NOT_ASKED_MS = 1_000;
const ENDED = new Set<VendView['state']>(['DELIVERED', 'FAILED_DEFINITE', 'REVERSED']);

/**
 * Carries a top-up to its end at the airtime provider. What is not known is asked about under the same id; it is sent again
 * under no other. A float that is too low is waited for. What nobody can say for a day waits for a person, with the card's
 * value held. The first step reads the rows, so that whoever starts it again goes on from there.
 */
export async function vendAirtime(input: VendAirtimeInput): Promise<void> {
  const { vendId, requestId } = input;
  let { step, patience } = await openVend({ vendId, requestId });
  const vend = new Vend({ vendId, requestId, actor: `workflow:${wf.workflowInfo().workflowId}` }, patience);
  wf.setHandler(wf.defineQuery<VendView | undefined>(VEND_STATUS), () => step);
  for (; !ENDED.has(step.state);) {
    show(step);
    if (wf.workflowInfo().continueAsNewSuggested && step.state === 'WAITING_FOR_FLOAT')
      await wf.continueAsNew<typeof vendAirtime>(input);
    step = await vend.goOn(step);
  }
  show(step);
  await wf.condition(wf.allHandlersFinished);
}

interface Caused {
  readonly vendId: string;
  readonly actor: string;
  readonly requestId: string;
}

class Vend {
  readonly #caused: Caused;
  readonly #patience: VendPatience;
  readonly #decisions = new CaseDecisions<VendDecision>([DECIDE_VEND], {
    code: 'case_not_open',
    message: 'The top-up does not wait for a decision.',
  });
  #hinted = false;
  #pauses = 0;
  /** Since when the provider is asked, where that is later than the intent itself. */
  #askedSince = 0;

  constructor(caused: Caused, patience: VendPatience) {
    this.#caused = caused;
    this.#patience = patience;
    wf.setHandler(wf.defineSignal(VEND_HINT), () => {
      this.#hinted = true;
    });
  }

  goOn(step: Step): Promise<Step> {
    switch (step.state) {
      case 'WAITING_FOR_FLOAT':
        return this.#waitForFloat(step);
      case 'NEEDS_ATTENTION':
        return this.#waitForPeople(step);
      default:
        return this.#pursue(step);
    }
  }

  async #pursue(step: Step): Promise<Step> {
    const { intentId, firstSentAt } = intentOf(step);
    const { requestId } = this.#caused;
    const since = Math.max(Date.parse(firstSentAt), this.#askedSince);
    let answer = await (step.state === 'SUBMITTED' ? sendTopUp : findTopUp)({ intentId, requestId });
    for (let attempt = 0; ; attempt++) {
      // Not found is not failure: the same id is sent again, and no other.
      if (answer.kind === 'not_found') answer = await sendTopUp({ intentId, requestId });
      const ended = await this.#end(intentId, answer);
      if (ended) return ended;
      const reason = causeOf(answer);
      if (attempt === 0 && step.state === 'SUBMITTED') show(await markVendUnknown({ ...this.#caused, reason }));
      if (Date.now() - since >= this.#patience.giveUpMs) return parkVend({ ...this.#caused, reason });
      await this.#quiet(answer, nth(this.#patience.lookUpDelaysMs, attempt));
      answer = await findTopUp({ intentId, requestId });
    }
  }

  /** Until the wait is over or the provider has told us something, which it may not be asked before. */
  async #quiet(answer: TopUpResult, delayMs: number): Promise<void> {
    if (answer.kind === 'unknown' && answer.retryAfterMs > 0) await wf.sleep(answer.retryAfterMs);
    await wf.condition(() => this.#hinted, delayMs);
    this.#hinted = false;
  }

  /** Books what the provider says for certain. @returns undefined where it does not. */
  async #end(intentId: string, answer: TopUpResult): Promise<Step | undefined> {
    const ofIntent = { ...this.#caused, intentId };
    switch (answer.kind) {
      case 'delivered':
        return deliverVend({ ...ofIntent, providerId: answer.providerId });
      case 'refused':
        return failVend({ ...ofIntent, failureCode: answer.code });
      case 'reversed':
        // It came and went before anybody knew: nothing was redeemed for it.
        return failVend({ ...ofIntent, failureCode: 'reversed' });
      case 'low_float':
        return pauseVend(ofIntent);
      case 'pending':
      case 'not_found':
      case 'unknown':
        return undefined;
    }
  }

  async #waitForFloat({ currency }: Step): Promise<Step> {
    const day = new Date().toISOString().slice(0, 10);
    await alertFloat({ currency, day, requestId: this.#caused.requestId });
    await wf.sleep(nth(this.#patience.floatDelaysMs, this.#pauses++), { summary: 'until there may be float again' });
    return resumeVend(this.#caused);
  }

  async #waitForPeople(step: Step): Promise<Step> {
    const { intentId } = intentOf(step);
    const { caseNumber, failureCode } = step;
    this.#decisions.open(caseNumber);
    await alertVend({ ...this.#caused, caseNumber, reason: failureCode ?? 'unknown' });
    const decision = await this.#decisions.nextOr(() => this.#hinted, PARKED_CHECK_MS);
    this.#hinted = false;
    if (decision?.kind !== 'retry') {
      // The provider's own word counts more than anybody's.
      const ended = await this.#end(intentId, await this.#askItself(intentId));
      if (ended || !decision) return ended ?? step;
    }
    this.#askedSince = Date.now();
    try {
      return await decideVend({ ...this.#caused, ...decision });
    } catch (error) {
      // Decided on what is no longer so: the vend stays where it is.
      wf.log.info('decision not carried out', { kind: decision.kind, code: refusalOf(error).type });
      return (await openVend(this.#caused)).step;
    }
  }

  /** Whoever is left alone for a while has not been asked, and people decide only about what it was asked about. */
  async #askItself(intentId: string): Promise<TopUpResult> {
    const { requestId } = this.#caused;
    for (;;) {
      const answer = await findTopUp({ intentId, requestId });
      if (answer.kind !== 'unknown' || answer.cause !== NOT_ASKED) return answer;
      await wf.sleep(Math.max(answer.retryAfterMs, NOT_ASKED_MS), { summary: 'until the provider may be asked' });
    }
  }
}

function intentOf({ intent, vendId, state }: Step): NonNullable<Step['intent']> {
  if (!intent) throw new Error(`Vend ${vendId} is ${state} and has no open intent`);
  return intent;
}

const nth = (delays: readonly number[], index: number): number => delays[Math.min(index, delays.length - 1)] ?? 0;

const causeOf = (answer: TopUpResult): string => (answer.kind === 'unknown' ? answer.cause : answer.kind);

function show(step: Step): void {
  const { vendId, amountMinor, currency, state, cardId, merchantId, caseNumber, failureCode } = step;
  wf.upsertSearchAttributes(keywords({ State: state, CardId: cardId, MerchantId: merchantId }));
  const waits =
    state === 'NEEDS_ATTENTION'
      ? `, case ${caseNumber}: \`${failureCode}\`. Waits for finance: \`${DECIDE_VEND}\``
      : '';
  wf.setCurrentDetails(`Top-up ${vendId} of ${amountMinor} ${currency}: **${state}**${waits}`);
}
