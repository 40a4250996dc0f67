import type { Figure } from '../measure.ts';

const HEADER = ['', 'figure', 'ours', 'peer', 'unit', 'ratio', 'goal'];

/** The figures as a table for people. */
export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, figure, unit, peer, ratio, goal, ok }) => [
    goal === null ? '-' : ok ? 'ok' : 'MISSED',
    name,
    String(figure),
    peer === null ? '' : String(peer),
    unit,
    ratio === null ? '' : String(ratio),
    goal ?? 'for information',
  ]);
  const table = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
