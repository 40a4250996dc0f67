import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/stack/run.ts';
import { applyPlanted, plantedNames } from './planted.ts';

describe('planted bugs', () => {
  it.each(plantedNames())('%s can still be planted', (name) => {
    expect(applyPlanted(name, root, '--check')).toBe('');
  });
});
