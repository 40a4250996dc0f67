import { type KnownElsewhere } from '../domain/proof/trust-checks.ts';
import { checkProof } from './check-proof.ts';
import { pageCrypto } from './proof-crypto.ts';

/** Checking holds the page up meanwhile: what takes longer than some seconds is for the command line. */
const MOST_BYTES = 20_000_000;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g;

const giveawayId = location.pathname.split('/').at(-1) ?? '';
const source = `/v1/giveaways/${giveawayId}/proof`;
const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const [noted, certificates, file] = [
  element<HTMLInputElement>('commitment'),
  element<HTMLInputElement>('authority'),
  element<HTMLInputElement>('file'),
];

let proof: Uint8Array | undefined;

const items = (texts: readonly string[]): HTMLLIElement[] =>
  texts.map((text) => Object.assign(document.createElement('li'), { textContent: text }));

function say(verdict: string, shown: readonly string[] = [], limits: readonly string[] = []): void {
  element('verdict').textContent = verdict;
  element('shown').replaceChildren(...items(shown));
  element('limits').replaceChildren(...items(limits));
}

async function trusted(): Promise<KnownElsewhere> {
  const pem = (await certificates.files?.[0]?.text()) ?? '';
  const authorities = [...pem.matchAll(CERTIFICATE)].map(([, body = '']) =>
    Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (character) => character.charCodeAt(0)),
  );
  const publishedHash = noted.value.trim().toLowerCase();
  return { authorities, ...(publishedHash === '' ? {} : { publishedHash }) };
}

async function check(): Promise<void> {
  if (proof === undefined) return;
  say('Checking…');
  const options = await trusted();
  // Let the browser show that before it is busy.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { verdict, shown, limits } = await checkProof(proof, pageCrypto, options);
  say(verdict, shown, limits);
}

async function read(source: Blob | undefined): Promise<void> {
  if (!source) return;
  if (source.size > MOST_BYTES) return say('This proof is too large for a browser: check it with npx handsel verify');
  proof = new Uint8Array(await source.arrayBuffer());
  await check();
}

async function load(): Promise<void> {
  element<HTMLAnchorElement>('download').href = source;
  const response = await fetch(source);
  if (response.ok) await read(await response.blob());
  else say(response.status === 404 ? 'This giveaway has not been drawn' : 'Try again in a moment');
}

noted.addEventListener('change', () => void check());
certificates.addEventListener('change', () => void check());
file.addEventListener('change', () => void read(file.files?.[0]));
await load();
