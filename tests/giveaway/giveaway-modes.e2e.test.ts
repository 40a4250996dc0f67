import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { runAudit } from '../../scripts/audit/main.ts';
import { claim } from '../../scripts/demo/main-job.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { setModeScene, type ModeScene } from '../support/modes.ts';
import { endEntry, endWindow } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('the modes of a giveaway', () => {
  let test: TestStack;
  let scene: ModeScene;
  const draw = (giveawayId: string, token = scene.host.token) =>
    scene.giveaways('POST', `/v1/giveaways/${giveawayId}/draw`, { token });

  beforeAll(async () => {
    test = await startTestStack({ SWEEP_INTERVAL_MS: '1000' });
    scene = await setModeScene(test.stack);
  });
  afterAll(() => test.stop());

  it('have prizes with quotas, drawn by the host’s hand before the deadline, several for one person', async () => {
    const giveawayId = await scene.open({
      prizes: [scene.prize('Atlas'), scene.prize('Novel', 2)],
      prizesPerPerson: 'several',
      drawBy: 'either',
    });
    const people = await scene.enter(giveawayId, 2);
    const [person] = people;
    const strange = await draw(giveawayId, person?.token);
    expect([strange.status, strange.body.code]).toEqual([403, 'forbidden']);
    const [first, second] = await Promise.all([draw(giveawayId), draw(giveawayId)]);
    expect([first.status, second.status]).toEqual([202, 202]);
    const late = await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/entries`, { token: person?.token });
    expect(late.body.code).toBe('giveaway_closed');
    await scene.reaches(giveawayId, 'FULFILLING');
    const shown = await scene.read(giveawayId);
    expect(shown).toMatchObject({ drawBy: 'either', prizesPerPerson: 'several' });
    expect(shown.prizeGroups.map(({ name, quantity }: { name: string; quantity: number }) => [name, quantity])).toEqual(
      [
        ['Atlas', 1],
        ['Novel', 2],
      ],
    );
    const awards = (await Promise.all(people.map((one) => scene.awardsOf(one)))).map((list) => list.length);
    expect(new Set(awards)).toEqual(new Set([1, 2]));
    const proof = (await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/proof`)).body;
    expect(verifyProof(proof, drawCrypto)).toMatchObject({ ok: true });
    // One person claims all; what the other one leaves goes to nobody, as both rankings are exhausted, and to the host.
    const [lucky] = people.filter((_one, index) => awards[index] === 2);
    const [other] = people.filter((_one, index) => awards[index] === 1);
    if (!lucky || !other) throw new Error('nobody won two prizes');
    await Promise.all((await scene.awardsOf(lucky)).map(({ awardId }) => claim(scene, lucky, awardId)));
    await endWindow(test.stack, (await scene.awardsOf(other))[0].awardId);
    await scene.reaches(giveawayId, 'COMPLETED');
    await waitFor('the unit’s money', async () => {
      const path = '/v1/escrow-releases';
      const releases = expectStatus(await scene.cards('GET', path, { token: scene.host.token }), 200);
      return releases.body.data.some(
        ({ state, reason, cards }: Record<string, unknown>) =>
          state === 'RELEASED' && reason === 'unassigned' && cards === 1,
      );
    });
    expect((await draw(giveawayId)).body.code).toBe('draw_not_possible');
  });

  it('are leaderboards, drawn by hand after the end of entry', async () => {
    const giveawayId = await scene.open({
      mode: 'leaderboard',
      drawBy: 'hand',
      earlyClose: true,
      prizes: [scene.prize('Gold'), scene.prize('Silver')],
      entryMethods: [
        { name: 'direct', kind: 'direct', required: true },
        { name: 'code', kind: 'secret_code', answer: 'sesame', weight: 5 },
      ],
    });
    const [best, ...others] = await scene.enter(giveawayId, 3);
    const answered = await scene.giveaways('POST', `/v1/giveaways/${giveawayId}/entries`, {
      token: best?.token,
      body: { method: 'code', answer: 'sesame' },
    });
    expectStatus(answered, 201);
    const board = await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/leaderboard`);
    expect(board.body.data.map(({ place, score }: Record<string, number>) => [place, score])).toEqual([
      [1, 6],
      [2, 1],
      [2, 1],
    ]);
    await endEntry({ ...scene, giveawayId });
    await scene.reaches(giveawayId, 'CLOSED');
    expect((await scene.giveaways('GET', `/v1/giveaways/${giveawayId}/proof`)).body.code).toBe('draw_not_found');
    expectStatus(await draw(giveawayId), 202);
    await scene.reaches(giveawayId, 'FULFILLING');
    if (!best) throw new Error('nobody entered');
    expect(await scene.awardsOf(best)).toMatchObject([{ rank: 1 }]);
    expect((await Promise.all(others.map((one) => scene.awardsOf(one)))).flat()).toMatchObject([{ rank: 2 }]);
  });

  it('refuse what the rules do not allow, and leave nothing', async () => {
    const draft = { title: 'T', currency: 'USD', closesAt: new Date(Date.now() + 60_000).toISOString() };
    const refused = async (change: object) =>
      (await scene.giveaways('POST', '/v1/giveaways', { token: scene.host.token, body: { ...draft, ...change } })).body
        .code;
    expect(await refused({ prizes: [scene.prize('Pen', 10_000), scene.prize('Pencil')] })).toBe(
      'giveaway_prizes_too_many',
    );
    expect(await refused({ prizes: [scene.prize('Pen', 0)] })).toBe('validation_failed');
    expect(await refused({ mode: 'leaderboard', prizesPerPerson: 'several', prizes: [scene.prize('Pen')] })).toBe(
      'giveaway_mode_invalid',
    );
    expect(await refused({ drawBy: 'moonlight', prizes: [scene.prize('Pen')] })).toBe('validation_failed');
    const deadlineOnly = await scene.open({ prizes: [scene.prize('Pen')] });
    expect((await draw(deadlineOnly)).body.code).toBe('draw_not_by_hand');
    expect((await scene.read(deadlineOnly)).state).toBe('OPEN');
  });

  it('keep every invariant of both books', async () => {
    const lines = await runAudit(test.stack.environment);
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
