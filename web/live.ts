import { io } from 'socket.io-client';

interface Snapshot {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly state: string;
  readonly closesAt: string;
  readonly serverTime: string;
  readonly participantCount: number;
  readonly prizes: readonly {
    readonly id: string;
    readonly groupId: string;
  }[];
  readonly prizeGroups: readonly {
    readonly id: string;
    readonly position: number;
    readonly name: string;
    readonly quantity: number;
    readonly amountMinor: string;
    readonly currency: string;
  }[];
  readonly winners: readonly { readonly rank: number; readonly prizeId: string; readonly state: string }[];
  readonly version: number;
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
const DRAWN = new Set(['DRAWN', 'FULFILLING', 'COMPLETED']);
const TICK_MS = 250;

const giveawayId = location.pathname.split('/').at(-1) ?? '';
const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** The server's clock less ours: people's clocks are wrong, and the deadline is the server's. */
let offsetMs = 0;
let closesAt = 0;
let state = '';
let lastSeen = 0;

function show(snapshot: Snapshot): void {
  offsetMs = Date.parse(snapshot.serverTime) - Date.now();
  closesAt = Date.parse(snapshot.closesAt);
  lastSeen = snapshot.version;
  element('title').textContent = snapshot.title;
  element('description').textContent = snapshot.description;
  element('participants').textContent = snapshot.participantCount.toLocaleString();
  element('prizes').replaceChildren(
    ...snapshot.prizeGroups.map(({ position, name, quantity, amountMinor, currency }) =>
      row(`${position}. ${name}`, `${quantity === 1 ? '' : `${quantity} × `}${money(amountMinor, currency)}`),
    ),
  );
  showPhase(snapshot.state);
  const positionOf = new Map(snapshot.prizeGroups.map(({ id, position }) => [id, position]));
  const positions = new Map(snapshot.prizes.map((prize) => [prize.id, positionOf.get(prize.groupId)]));
  element('winners').replaceChildren(
    ...snapshot.winners.map((winner) =>
      row(`Rank ${winner.rank}`, `prize ${positions.get(winner.prizeId) ?? '?'} · ${winner.state.toLowerCase()}`),
    ),
  );
  element('reveal').hidden = !DRAWN.has(snapshot.state);
  (element('proof') as HTMLAnchorElement).href = `/proof/${giveawayId}`;
}

function showPhase(next: string): void {
  state = next;
  element('phase').textContent = PHASES[next] ?? next;
  element('countdown').hidden = next !== 'OPEN' && next !== 'SCHEDULED';
}

function row(left: string, right: string): HTMLLIElement {
  const item = document.createElement('li');
  for (const text of [left, right]) item.append(Object.assign(document.createElement('span'), { textContent: text }));
  return item;
}

function money(minor: string, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(Number(minor) / 10 ** digits);
}

function tick(): void {
  if (state !== 'OPEN' && state !== 'SCHEDULED') return;
  const left = Math.max(0, Math.ceil((closesAt - Date.now() - offsetMs) / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  element('days').textContent = String(Math.floor(left / 86_400));
  element('hours').textContent = two(Math.floor(left / 3_600) % 24);
  element('minutes').textContent = two(Math.floor(left / 60) % 60);
  element('seconds').textContent = two(left % 60);
}

async function refresh(): Promise<void> {
  const response = await fetch(`/v1/giveaways/${giveawayId}`);
  if (response.ok) show((await response.json()) as Snapshot);
  else element('phase').textContent = response.status === 404 ? 'There is no such giveaway' : 'Try again in a moment';
}

function listen(gateway: string): void {
  const socket = io(gateway, { transports: ['websocket', 'polling'] });
  const say = (text: string): void => void (element('connection').textContent = text);
  const watch = (): void => {
    socket.emit('giveaway:watch', { giveawayId, lastSeen }, (answer: { ok: boolean; gap?: boolean }) => {
      say(answer.ok ? 'Live' : 'No live updates');
      if (answer.gap) void refresh();
    });
  };
  socket.on('connect', watch);
  socket.on('resync', watch);
  socket.on('disconnect', () => say('Connection lost: trying again…'));
  socket.on(
    'giveaway:participants',
    ({ count }: { count: number }) => void (element('participants').textContent = count.toLocaleString()),
  );
  socket.on('giveaway:phase', (message: { state: string; seq: number }) => {
    if (message.seq <= lastSeen) return;
    lastSeen = message.seq;
    showPhase(message.state);
  });
  // What is revealed is read over HTTP: one place that says who may see what.
  socket.on('giveaway:reveal', () => void refresh());
  socket.on('giveaway:award', () => void refresh());
}

setInterval(tick, TICK_MS);
await refresh();
listen(document.body.dataset['gateway'] ?? '');
