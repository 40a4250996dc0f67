/** The page behind the link of a winner's mail. Nothing happens before a button is pressed: scanners follow links too. */

interface Award {
  readonly state: string;
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly claimExpiresAt: string | null;
}

const STATES: Readonly<Record<string, string>> = {
  NOTIFIED: 'Not claimed yet',
  CLAIMED: 'Claimed: somebody looks at it before it is handed over',
  VERIFIED: 'Claimed: your prize is on its way to you',
  FULFILLING: 'Claimed: your prize is on its way to you',
  FULFILLED: 'It is yours: log in to see it',
  EXPIRED: 'The time to claim it is over',
  DECLINED: 'Declined',
  DISQUALIFIED: 'Not yours any more',
};

const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const token = location.hash.slice(1);
/** One wish for each button, however often it is pressed. */
const keys = { claim: crypto.randomUUID(), decline: crypto.randomUUID() };

async function call(what: 'read' | 'claim' | 'decline'): Promise<Award | undefined> {
  const response = await fetch(`/v1/claim-links/${what}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(what === 'read' ? {} : { 'idempotency-key': keys[what] }),
    },
    body: JSON.stringify({ token }),
  });
  const body = (await response.json()) as Award & { readonly detail?: string };
  element('problem').textContent = response.ok ? '' : (body.detail ?? 'That did not work. Try again.');
  return response.ok ? body : undefined;
}

async function show(): Promise<void> {
  const award = await call('read');
  if (!award) {
    element('state').textContent = '';
    return;
  }
  const { state, amountMinor, currency, claimExpiresAt } = award;
  element('state').textContent = STATES[state] ?? state;
  if (amountMinor !== null && currency !== null) {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    element('prize').textContent = `A gift card of ${format.format(Number(amountMinor) / 10 ** digits)}`;
  }
  element('until').textContent =
    state === 'NOTIFIED' && claimExpiresAt !== null ? `Until ${new Date(claimExpiresAt).toLocaleString()}` : '';
  element('actions').hidden = state !== 'NOTIFIED';
}

for (const what of ['claim', 'decline'] as const) {
  element(what).addEventListener('click', () => {
    void call(what).then((done) => (done ? show() : undefined));
  });
}
void show();
