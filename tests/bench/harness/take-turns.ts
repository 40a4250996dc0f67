export interface Sides<Ours, Peer = Ours> {
  readonly ours: Ours;
  readonly peer: Peer;
}

/**
 * Ours, the peer, ours, the peer …: what the machine does meanwhile falls on both. First rounds warm up and are not
 * counted.
 * @param warmUps how many; the rounds that count are numbered after them.
 */
export async function takeTurns<Ours, Peer = Ours>(
  rounds: number,
  { ours, peer }: Sides<(round: number) => Promise<Ours>, (round: number) => Promise<Peer>>,
  warmUps = 1,
): Promise<Sides<readonly Ours[], readonly Peer[]>> {
  const results = { ours: [] as Ours[], peer: [] as Peer[] };
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const [mine, theirs] = [await ours(round), await peer(round)];
    if (round < warmUps) continue;
    results.ours.push(mine);
    results.peer.push(theirs);
  }
  return results;
}
