import { io } from 'socket.io-client';
import { element, lastPathPart, listItem, readableMoney, readableTime } from './page.ts';

/** The page of one giveaway: what can be won, until when, and then who has won. It follows what happens by itself. */

interface Snapshot {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly state: string;
  readonly opensAt: string | null;
  readonly closesAt: string;
  readonly pausedAt: string | null;
  readonly serverTime: string;
  readonly participantCount: number;
  readonly prizeGroups: readonly PrizeGroup[];
  readonly commitment: { readonly hash: string } | null;
  /** The first ones. */
  readonly winners: readonly { readonly rank: number; readonly groupId: string; readonly state: string }[];
  readonly winnerCount: number;
  readonly version: number;
}

interface PrizeGroup {
  readonly id: string;
  readonly position: number;
  readonly name: string;
  readonly quantity: number;
  readonly amountMinor: string;
  readonly currency: string;
}

/** What is pushed when the giveaway moves on; the commitment's hash with the phase in which it is published. */
interface PhaseMessage {
  readonly state?: string;
  readonly closesAt?: string;
  readonly paused?: boolean;
  readonly commitmentHash?: string;
  readonly seq: number;
}

const PHASES: Readonly<Record<string, string>> = {
  SCHEDULED: 'Opens soon',
  OPEN: 'Open for entries',
  CLOSED: 'Closed: the draw comes next',
  DRAWING: 'Drawing…',
  DRAWN: 'Drawn',
  FULFILLING: 'Drawn: prizes are being claimed',
  COMPLETED: 'Over: all prizes are with their winners',
  CANCELLED: 'Cancelled',
};
const AWARDS: Readonly<Record<string, string>> = {
  NOTIFIED: 'not claimed yet',
  CLAIMED: 'claimed',
  VERIFIED: 'claimed',
  FULFILLING: 'claimed',
  FULFILLED: 'with the winner',
  EXPIRED: 'not claimed in time',
  DECLINED: 'declined',
  DISQUALIFIED: 'disqualified',
};
const PAUSED = 'Paused: entry goes on later';
const DRAWN = new Set(['DRAWN', 'FULFILLING', 'COMPLETED']);
const TICK_MS = 250;
/** How often we look for ourselves while nothing is pushed to us. */
const LOOK_AGAIN_MS = 5_000;
/** Everybody who watches hears of the same at the same moment: they do not all ask in it. */
const SPREAD_MS = 1_000;
/** Winners are told and claim one after the other: what has become of them is looked up every few seconds. */
const AWARDS_MS = 3_000;

const giveawayId = lastPathPart();

/** The server's clock less ours: people's clocks are wrong, and the deadline is the server's. */
let offsetMs = 0;
let countsTo = { opensAt: 0, closesAt: 0 };
let state = '';
let lastSeen = 0;
/** The commitment's hash, if it was seen here before the reveal: whoever comes later only hears what it was. */
let noted = '';

function show(snapshot: Snapshot): void {
  offsetMs = Date.parse(snapshot.serverTime) - Date.now();
  countsTo = { opensAt: Date.parse(snapshot.opensAt ?? ''), closesAt: Date.parse(snapshot.closesAt) };
  lastSeen = snapshot.version;
  document.title = snapshot.title;
  element('title').textContent = snapshot.title;
  element('description').textContent = snapshot.description;
  showCount(snapshot.participantCount);
  element('prizes').replaceChildren(
    ...snapshot.prizeGroups.map(({ position, name, quantity, amountMinor, currency }) =>
      listItem(
        `${position}. ${name}`,
        `${quantity === 1 ? '' : `${quantity} × `}${readableMoney(amountMinor, currency)}`,
      ),
    ),
  );
  if (snapshot.commitment && snapshot.state === 'DRAWING') keepCommitment(snapshot.commitment.hash);
  showPhase(snapshot.state, snapshot.pausedAt !== null);
  showWinners(snapshot);
  element<HTMLAnchorElement>('proof').href = `/proof/${giveawayId}${noted === '' ? '' : `#${noted}`}`;
  element<HTMLAnchorElement>('rules').href = `/v1/giveaways/${giveawayId}/rules`;
  element('giveaway').hidden = false;
}

function showWinners({ winners, winnerCount, prizeGroups, state: now }: Snapshot): void {
  const nameOf = new Map(prizeGroups.map(({ id, name }) => [id, name]));
  element('winners').replaceChildren(
    ...winners.map(({ rank, groupId, state: award }) =>
      listItem(`Rank ${rank}: ${nameOf.get(groupId) ?? 'a prize'}`, AWARDS[award] ?? award.toLowerCase()),
    ),
  );
  const others = winnerCount - winners.length;
  element('more-winners').textContent = `… and ${others.toLocaleString()} more`;
  element('more-winners').hidden = others <= 0;
  element('nobody').hidden = winners.length > 0;
  element('reveal').hidden = !DRAWN.has(now);
}

function showPhase(next: string, paused = false): void {
  state = next;
  element('phase').textContent = paused && next === 'OPEN' ? PAUSED : (PHASES[next] ?? next);
  element('committed').hidden = next !== 'DRAWING' || noted === '';
  const waits = next === 'OPEN' || next === 'SCHEDULED';
  element('waiting').hidden = !waits;
  // The rules are fixed when entry begins.
  element('rules').hidden = next === 'SCHEDULED';
  if (!waits) return;
  element('waiting-title').textContent = next === 'OPEN' ? 'Entry ends in' : 'Entry begins in';
  const at = new Date(deadline());
  if (Number.isNaN(at.getTime())) return;
  const moment = element<HTMLTimeElement>('moment');
  moment.dateTime = at.toISOString();
  moment.textContent = readableTime(at);
}

const deadline = (): number => (state === 'SCHEDULED' ? countsTo.opensAt : countsTo.closesAt);

function showCount(count: number): void {
  const people = count === 1 ? 'person' : 'people';
  element('count').textContent = count === 0 ? '' : `${count.toLocaleString()} ${people} in it`;
}

function tick(): void {
  if (state !== 'OPEN' && state !== 'SCHEDULED') return;
  const left = Math.max(0, Math.ceil((deadline() - Date.now() - offsetMs) / 1_000) || 0);
  const two = (value: number): string => String(value).padStart(2, '0');
  element('days').textContent = String(Math.floor(left / 86_400));
  element('hours').textContent = two(Math.floor(left / 3_600) % 24);
  element('minutes').textContent = two(Math.floor(left / 60) % 60);
  element('seconds').textContent = two(left % 60);
}

/** @returns whether it is worth to look again. */
async function refresh(): Promise<boolean> {
  try {
    const response = await fetch(`/v1/giveaways/${giveawayId}`);
    if (response.ok) show((await response.json()) as Snapshot);
    else if (response.status === 404 || response.status === 400) {
      element('phase').textContent = 'There is no such giveaway';
      return false;
    } else throw new Error(`Answered ${response.status}`);
  } catch {
    if (state === '') element('phase').textContent = 'Not reachable: trying again…';
  }
  return true;
}

let due: { readonly at: number; readonly timer: number } | undefined;

/** Once for all that is heard of until then. */
function refreshSoon(afterMs = 0): void {
  const waitMs = afterMs + Math.random() * SPREAD_MS;
  const at = performance.now() + waitMs;
  if (due && due.at <= at) return;
  if (due) clearTimeout(due.timer);
  const look = (): void => {
    due = undefined;
    void refresh();
  };
  due = { at, timer: window.setTimeout(look, waitMs) };
}

function keepCommitment(hash: string): void {
  noted = hash;
  element('commitment').textContent = hash;
}

function showPushed(message: PhaseMessage): void {
  if (message.seq <= lastSeen) return;
  lastSeen = message.seq;
  if (message.commitmentHash !== undefined) keepCommitment(message.commitmentHash);
  if (message.state === undefined) return refreshSoon();
  if (message.closesAt !== undefined) countsTo = { ...countsTo, closesAt: Date.parse(message.closesAt) };
  showPhase(message.state, message.paused);
}

function listen(gateway: string): void {
  const socket = io(gateway, { transports: ['websocket', 'polling'] });
  const say = (text: string): void => void (element('connection').textContent = text);
  const watch = (): void => {
    socket.emit('giveaway:watch', { giveawayId, lastSeen }, (answer: { ok: boolean; gap?: boolean }) => {
      say(answer.ok ? 'Live' : 'No live updates');
      if (answer.gap) refreshSoon();
    });
  };
  socket.on('connect', watch);
  socket.on('resync', watch);
  socket.on('disconnect', () => say('Connection lost: trying again…'));
  socket.on('giveaway:participants', ({ count }: { count: number }) => showCount(count));
  socket.on('giveaway:phase', showPushed);
  // What is revealed is read over HTTP: one place that says who may see what.
  socket.on('giveaway:reveal', () => refreshSoon());
  socket.on('giveaway:awards', () => refreshSoon(AWARDS_MS));
  setInterval(() => {
    if (!socket.connected) refreshSoon();
  }, LOOK_AGAIN_MS);
}

if (await refresh()) {
  setInterval(tick, TICK_MS);
  tick();
  listen(document.body.dataset['gateway'] ?? '');
}
