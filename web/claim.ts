import { element, readableMoney, readableTime } from './page.ts';
import {
  checkNumber,
  markNumber,
  readTopUp,
  sendTopUp,
  topUpForm,
  typedNumber,
  type Said,
  type TopUpGrant,
} from './top-up.ts';

/** The page behind the link of a winner's mail. Nothing happens before a button is pressed: scanners follow links too. */

interface Award {
  readonly state: string;
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly claimExpiresAt: string | null;
  readonly prize: { readonly kind: string; readonly name: string };
  readonly delivery: { readonly carrier: string | null; readonly trackingNumber: string | null } | null;
  readonly serverTime: string;
  /** Of airtime: with what the page may say which phone it is for. */
  readonly topUp?: TopUpGrant | null;
}

type Call = 'read' | 'claim' | 'decline';

const STATES: Readonly<Record<string, string>> = {
  NOTIFIED: 'You have won. Claim your prize, or it goes to somebody else.',
  CLAIMED: 'Claimed. Somebody looks at it before it is handed over.',
  VERIFIED: 'Claimed. Your prize is on its way to you.',
  FULFILLING: 'Claimed. Your prize is on its way to you.',
  FULFILLED: 'It is yours: log in to see it.',
  EXPIRED: 'The time to claim it is over.',
  DECLINED: 'You have declined it.',
  DISQUALIFIED: 'It is not yours any more.',
};
/** Of a prize that is sent, where that says more. */
const SENT_STATES: Readonly<Record<string, string>> = {
  VERIFIED: 'Claimed. The host sends it to you, and a mail tells you when.',
  FULFILLED: 'It has arrived.',
};
/** Of airtime, where that says more. */
const AIRTIME_STATES: Readonly<Record<string, string>> = {
  NOTIFIED: 'You have won. Say which phone is to be topped up, or it goes to somebody else.',
  CLAIMED:
    'Claimed. Somebody looks at it first: open this link again after that, and say which phone is to be topped up.',
};
const GOOD = new Set(['CLAIMED', 'VERIFIED', 'FULFILLING', 'FULFILLED']);
/** They change by themselves, soon. */
const PASSING = new Set(['VERIFIED', 'FULFILLING']);
const LOOK_AGAIN_MS = 2_000;
/** As the page comes. */
const LOADING = 'Loading…';
const UNREACHABLE = 'We could not be reached. Try again in a moment.';

const token = location.hash.slice(1);
/** One wish for each button, however often it is pressed. */
const keys = { claim: crypto.randomUUID(), decline: crypto.randomUUID() };
/** The number that waits for what was claimed to be there. */
let wanted: string | undefined;
const buttons = ['claim', 'decline', 'again', 'top-up'].map((id) => element<HTMLButtonElement>(id));

/** Where the prize is to be sent to; undefined where nobody asks. */
function address(): Record<string, string> | undefined {
  const form = element<HTMLFormElement>('address');
  if (form.hidden) return undefined;
  const fields = [...form.querySelectorAll('input')].map(({ name, value }) => [name, value.trim()] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== ''));
}

const busy = (is: boolean): void => {
  for (const button of buttons) button.disabled = is;
};

async function call(what: Call): Promise<Award | undefined> {
  busy(true);
  const { award, problem, again, issues = [] } = await ask(what);
  const wrong = markWrong(issues);
  element('problem').textContent = wrong.length > 0 ? wrong.join(' ') : (problem ?? '');
  element('again').hidden = again !== true;
  busy(false);
  return award;
}

const ADDRESS_FIELD = /^body\.address\.(\w+)$/;

/** Marks the fields that were refused, and takes whoever fills them to the first. @returns what is wrong, by their labels. */
function markWrong(issues: readonly Issue[]): string[] {
  const wrong = new Map(issues.map(({ path, message }) => [ADDRESS_FIELD.exec(path)?.[1] ?? '', message]));
  const inputs = [...element('address').querySelectorAll('input')];
  for (const input of inputs) input.setAttribute('aria-invalid', String(wrong.has(input.name)));
  const found = inputs.filter(({ name }) => wrong.has(name));
  found[0]?.focus();
  return found.map(({ name, labels }) => `${labels?.[0]?.textContent.trim()}: ${wrong.get(name)}.`);
}

interface Issue {
  readonly path: string;
  readonly message: string;
}

interface Problem {
  readonly detail?: string;
  readonly issues?: readonly Issue[];
}

interface Answer {
  readonly award?: Award;
  readonly problem?: string;
  readonly again?: boolean;
  readonly issues?: readonly Issue[];
}

async function ask(what: Call): Promise<Answer> {
  try {
    const response = await fetch(`/v1/claim-links/${what}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(what === 'read' ? {} : { 'idempotency-key': keys[what] }),
      },
      body: JSON.stringify(what === 'claim' ? { token, address: address() } : { token }),
    });
    const body = (await response.json()) as Award & Problem;
    if (response.ok) return { award: body };
    // What somebody typed is named by its field; nobody types the token.
    const isCut = response.status === 400 && body.issues?.some(({ path }) => path === 'body.token') !== false;
    if (isCut) return { problem: 'This link is not whole. Open it again from the mail.' };
    return { problem: body.detail ?? UNREACHABLE, again: response.status >= 500, issues: body.issues ?? [] };
  } catch {
    return { problem: UNREACHABLE, again: true };
  }
}

async function read(): Promise<void> {
  const award = await call('read');
  if (award) show(award);
  else if (element('state').textContent === LOADING) element('state').hidden = true;
}

function show(award: Award): void {
  const { state, amountMinor, currency, claimExpiresAt, serverTime, prize, delivery } = award;
  // Between the end of the window and the sweep that writes it down.
  const isOver =
    state === 'NOTIFIED' && claimExpiresAt !== null && Date.parse(claimExpiresAt) <= Date.parse(serverTime);
  const open = state === 'NOTIFIED' && !isOver;
  const status = element('state');
  status.hidden = false;
  const isSent = prize.kind === 'physical';
  const isAirtime = prize.kind === 'airtime';
  const known = isOver ? 'EXPIRED' : state;
  const own = (isSent && SENT_STATES[known]) || (isAirtime && AIRTIME_STATES[known]);
  status.textContent = own || (STATES[known] ?? state);
  status.classList.toggle('good', GOOD.has(state));
  if (isSent) element('prize').textContent = prize.name;
  else if (amountMinor !== null && currency !== null)
    element('prize').textContent =
      `${isAirtime ? 'Airtime' : 'A gift card'} of ${readableMoney(amountMinor, currency)}`;
  element('until').textContent =
    open && claimExpiresAt !== null ? `You can claim it until ${readableTime(new Date(claimExpiresAt))}.` : '';
  const { carrier, trackingNumber } = delivery ?? {};
  if (carrier && trackingNumber) element('until').textContent = `Sent with ${carrier}: ${trackingNumber}`;
  element('address').hidden = !isSent || !open;
  topUpForm().hidden = !isAirtime || !open;
  element('top-up').hidden = true;
  if (isAirtime && state === 'FULFILLED') void carryAirtime(award);
  element('actions').hidden = !open;
  // What is sent by hand takes days: nobody waits for it here.
  if (PASSING.has(state) && !isSent) setTimeout(() => void read(), LOOK_AGAIN_MS);
}

/** Once the airtime is the winner's: sends it to the number that was given, or shows what has become of it. */
async function carryAirtime({ topUp }: Award): Promise<void> {
  if (!topUp) return;
  const number = wanted;
  wanted = undefined;
  busy(true);
  const sent = number === undefined ? undefined : await sendTopUp(topUp, number);
  const read = await readTopUp(topUp);
  busy(false);
  if ('said' in read) {
    const { text, good, asks, passing } = read.said;
    element('state').textContent = text;
    element('state').classList.toggle('good', good);
    for (const id of ['phone', 'top-up']) element(id).hidden = !asks;
    if (passing) setTimeout(() => void reread(), LOOK_AGAIN_MS);
  }
  for (const said of [sent, read]) if (said) complain(said);
  if (number !== undefined && sent && 'said' in sent) element('state').focus();
}

/** What is marked at its field has been said already. */
function complain(said: Said<unknown>): void {
  if ('said' in said || said.problem === '') return;
  element('problem').textContent = said.problem;
  element('again').hidden = !said.again;
}

/** The number is tried before anything is claimed: a wrong one is mended here, and costs nobody the prize. */
async function claimAirtime(): Promise<void> {
  const number = typedNumber();
  if (number === undefined) return;
  markNumber();
  busy(true);
  const { award, problem } = await ask('read');
  const checked: Said<unknown> = award?.topUp
    ? await checkNumber(award.topUp, number)
    : { problem: problem ?? UNREACHABLE, again: true };
  busy(false);
  if (!('said' in checked)) return complain(checked);
  wanted = number;
  await wish('claim');
}

/** Of what is the winner's already. */
async function topUpNow(): Promise<void> {
  wanted = typedNumber();
  if (wanted === undefined) return;
  markNumber();
  await reread();
}

/** As the page is, with what is true by now. */
async function reread(): Promise<void> {
  const { award, problem } = await ask('read');
  if (award) show(award);
  else complain({ problem: problem ?? UNREACHABLE, again: true });
}

/** What came of it is read again: a prize may be gone by the time somebody wants it. */
async function wish(what: 'claim' | 'decline'): Promise<void> {
  const done = await call(what);
  const { award } = await ask('read');
  if (award) show(award);
  if (done) element('state').focus();
}

async function begin(): Promise<void> {
  if (token === '') {
    element('state').textContent = 'Open the link in the mail that told you that you have won.';
    return;
  }
  await read();
}

element('claim').addEventListener('click', () => {
  const form = element<HTMLFormElement>('address');
  if (!topUpForm().hidden) void claimAirtime();
  else if (form.hidden || form.reportValidity()) void wish('claim');
});
topUpForm().addEventListener('submit', (event) => {
  event.preventDefault();
  if (element('top-up').hidden) void claimAirtime();
  else void topUpNow();
});
element('decline').addEventListener('click', () => element<HTMLDialogElement>('sure').showModal());
element('give-away').addEventListener('click', () => void wish('decline'));
element('again').addEventListener('click', () => void read());
// The same page with another mail's link.
addEventListener('hashchange', () => location.reload());
await begin();
