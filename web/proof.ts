import { type CheckOptions, checkProof, type Finding } from './check-proof.ts';
import { element, lastPathPart, listItem } from './page.ts';
import { pageCrypto } from './proof-crypto.ts';

/** The page that checks a proof: the giveaway's of its address, or a file's. */

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g;
const AWARDS_SHOWN = 100;

const giveawayId = lastPathPart();
const source = `/v1/giveaways/${giveawayId}/proof`;
const [commitment, key, certificates, receipt, file] = ['commitment', 'key', 'authority', 'receipt', 'file'].map((id) =>
  element<HTMLInputElement>(id),
) as [HTMLInputElement, HTMLInputElement, HTMLInputElement, HTMLInputElement, HTMLInputElement];

/** What cannot be checked, in words for people. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Each check has its number: one that was overtaken says nothing any more. */
let current = 0;

function fill(id: string, texts: readonly string[]): void {
  element(id).replaceChildren(...texts.map((text) => listItem(text)));
  element(`${id}-section`).hidden = texts.length === 0;
}

function say(verdict: string, found?: Finding): void {
  const box = element('verdict');
  box.textContent = verdict;
  box.classList.toggle('good', found?.ok === true);
  box.classList.toggle('bad', found?.ok === false);
  element('progress').hidden = true;
  fill('receipt-shown', found?.receipt ?? []);
  fill('shown', found?.shown ?? []);
  fill('limits', found?.limits ?? []);
  const awards = found?.awards ?? [];
  element('awards').replaceChildren(
    ...awards.slice(0, AWARDS_SHOWN).map(({ rank, participant }) => listItem(`Rank ${rank}`, participant)),
  );
  element('awards-section').hidden = awards.length === 0;
  element('awards-first').hidden = awards.length <= AWARDS_SHOWN;
  element('rules').textContent = found?.rules ?? '';
  element('rules-section').hidden = found?.rules === undefined;
}

/** @throws Unreadable */
async function open(): Promise<ReadableStream<Uint8Array>> {
  const chosen = file.files?.[0];
  if (chosen) return chosen.stream();
  const response = await fetch(source);
  if (response.status === 404 || response.status === 400)
    throw new Unreadable('There is no proof yet: this giveaway has not been drawn.');
  if (!response.ok || !response.body) throw new Unreadable('The proof could not be read. Try again in a moment.');
  return response.body;
}

async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    // Whoever does not read on wants the rest no more.
    await reader.cancel();
  }
}

/** @throws Unreadable, having said so at the input. */
async function known(): Promise<CheckOptions> {
  const hash = (input: HTMLInputElement): string | undefined => {
    if (!input.reportValidity()) throw new Unreadable('Not checked: a hash or key above has 64 hex digits.');
    return input.value.trim() === '' ? undefined : input.value.trim().toLowerCase();
  };
  const [publishedHash, trustedKey] = [hash(commitment), hash(key)];
  const pem = certificates.files?.[0];
  const receiptFile = receipt.files?.[0];
  return {
    ...(publishedHash !== undefined && { publishedHash }),
    ...(trustedKey !== undefined && { trustedKey }),
    ...(pem && { authorities: readAuthorities(await pem.text()) }),
    ...(receiptFile && { receipt: readReceipt(await receiptFile.text()) }),
  };
}

function readAuthorities(pem: string): Uint8Array[] {
  try {
    const found = [...pem.matchAll(CERTIFICATE)].map(([, body = '']) =>
      Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (character) => character.charCodeAt(0)),
    );
    if (found.length > 0) return found;
  } catch {
    // Said below.
  }
  throw new Unreadable('Not checked: there is no certificate in that file.');
}

function readReceipt(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable('Not checked: that receipt is not JSON.');
  }
}

function showProgress(lines: number, mostLines: number | undefined): void {
  const bar = element<HTMLProgressElement>('progress');
  bar.hidden = false;
  if (mostLines !== undefined) [bar.max, bar.value] = [mostLines, lines];
}

class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

async function check(): Promise<void> {
  current += 1;
  const mine = current;
  const goOn = (): void => {
    if (mine !== current) throw new Overtaken();
  };
  try {
    say('Checking…');
    const options = await known();
    const found = await checkProof(chunks(await open()), pageCrypto, options, (lines, mostLines) => {
      goOn();
      showProgress(lines, mostLines);
    });
    goOn();
    say(found.verdict, found);
  } catch (error) {
    if (mine !== current) return;
    say(error instanceof Unreadable ? error.message : 'The proof did not arrive whole. Try again in a moment.');
  }
}

element<HTMLAnchorElement>('download').href = source;
element<HTMLAnchorElement>('giveaway').href = `/live/${giveawayId}`;
// Whoever watched the giveaway brings the hash that was published then.
if (/^#[0-9a-f]{64}$/.test(location.hash)) commitment.value = location.hash.slice(1);
for (const input of [commitment, key, certificates, receipt, file])
  input.addEventListener('change', () => void check());
await check();
