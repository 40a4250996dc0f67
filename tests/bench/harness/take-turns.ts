export interface Sides<T> {
  readonly ours: T;
  readonly peer: T;
}

/**
 * Ours, the peer, ours, the peer …: what the machine does meanwhile falls on both. A first round warms up and is not
 * counted.
 */
export async function takeTurns<T>(
  rounds: number,
  { ours, peer }: Sides<(round: number) => Promise<T>>,
): Promise<Sides<readonly T[]>> {
  await ours(0);
  await peer(0);
  const results = { ours: [] as T[], peer: [] as T[] };
  for (let round = 1; round <= rounds; round += 1) {
    results.ours.push(await ours(round));
    results.peer.push(await peer(round));
  }
  return results;
}
